using System.Text.Json.Nodes;
using Ddpm.Host.Runs;
using Ddpm.Pure.Options;
using Ddpm.Pure.Sampling;
using Ddpm.Pure.Schedules;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Host.Exchange;

/// <summary>A scheduler as diffusers configures it: the file scheduler_config.json.</summary>
/// <param name="Options">The options of the noise schedule and the prediction.</param>
/// <param name="Sampling">The default way to sample; none for a scheduler that this program lacks.</param>
internal sealed record DiffusersScheduler(TrainingOptions Options, Option<SamplingReceipt> Sampling)
{
    private const string Leading = "leading", Linspace = "linspace", Trailing = "trailing", Ddpm = "DDPMScheduler", Pndm = "PNDMScheduler";

    private static readonly HashMap<string, string> Schedules =
        HashMap(("linear", "linear"), ("scaled_linear", "scaled-linear"), ("squaredcos_cap_v2", "cosine"), ("sigmoid", "sigmoid-beta"));

    private static readonly HashMap<string, string> Predictions = HashMap(("epsilon", "epsilon"), ("sample", "sample"), ("v_prediction", "velocity"));

    private static readonly HashMap<string, string> Variances = HashMap(
        ("fixed_small", "posterior"), ("fixed_small_log", "posterior"), ("fixed_large", "beta"), ("fixed_large_log", "beta"),
        ("learned_range", Ancestral.LearnedName));

    /// <summary>The schedulers whose sampler this program has, each with its sampler and diffusers' default spacing.</summary>
    private static readonly Arr<(string Class, string Spacing, bool Multistep, Func<JsonConfig, string> Sampler)> Classes =
        Array<(string, string, bool, Func<JsonConfig, string>)>(
            (Ddpm, Leading, false, _ => "ddpm"),
            ("DDIMScheduler", Leading, false, config => config.Flag("clip_sample", true) ? "ddim-diffusers" : "ddim"),
            (Pndm, Leading, false, config => config.Flag("skip_prk_steps", false) ? "plms" : "pndm"),
            ("DPMSolverMultistepScheduler", Linspace, true, config =>
                (config.Text("algorithm_type", "dpmsolver++"), config.Integer("solver_order", 2)) switch
                {
                    ("sde-dpmsolver++", 2) => "dpmpp-2m-sde",
                    ("dpmsolver++", 1) => "dpmpp-1",
                    ("dpmsolver++", var order) => Invariant($"dpmpp-{order}m"),
                    var (algorithm, order) => Invariant($"{algorithm}-{order}"),
                }),
            ("UniPCMultistepScheduler", Linspace, true, config => Invariant($"unipc-{config.Integer("solver_order", 2)}")),
            ("DEISMultistepScheduler", Linspace, true, config => Invariant($"deis-{config.Integer("solver_order", 2)}")),
            ("EulerDiscreteScheduler", Linspace, false, _ => "euler"),
            ("EulerAncestralDiscreteScheduler", Linspace, false, _ => "euler-ancestral"),
            ("HeunDiscreteScheduler", Linspace, false, _ => "heun"),
            ("LMSDiscreteScheduler", Linspace, false, _ => "lms"));

    /// <summary>Reads a scheduler_config.json. What the file does not say has the scheduler's default.</summary>
    /// <param name="file">The file's name.</param>
    /// <param name="json">Its bytes.</param>
    /// <param name="otherwise">The options that the file says nothing about.</param>
    /// <returns>The scheduler and a line for each value without effect; or every fault.</returns>
    public static Validation<Error, (DiffusersScheduler Scheduler, Seq<string> Remarks)> Read(
        string file, ReadOnlyMemory<byte> json, TrainingOptions otherwise) => JsonConfig.Parse(file, json).Match(
            config => Read(config, otherwise), fault => Validation<Error, (DiffusersScheduler, Seq<string>)>.Fail(Seq1(fault)));

    private static Validation<Error, (DiffusersScheduler Scheduler, Seq<string> Remarks)> Read(JsonConfig config, TrainingOptions otherwise)
    {
        string Named(string name, string usual, HashMap<string, string> names)
        {
            var given = config.Text(name, usual);
            config.Require(names.ContainsKey(given), name, $"must be one of {string.Join(", ", names.Keys.Order())}");
            return names.Find(given).IfNone(names[usual]);
        }

        var remarks = Seq<string>();
        var schedule = Named("beta_schedule", "linear", Schedules);
        var prediction = Named("prediction_type", "epsilon", Predictions);
        config.Require(!config.Has("trained_betas"), "trained_betas", "must be null: this program has no schedule that is a list");
        config.Remark("trained_betas", "");
        var (least, most) = (config.Number("beta_start", 1e-4), config.Number("beta_end", 0.02));
        var betas = schedule != "cosine";
        var options = otherwise with
        {
            Steps = config.Integer("num_train_timesteps", 1000),
            Schedule = schedule,
            Prediction = prediction,
            MinBeta = betas ? least : null,
            MaxBeta = betas ? most : null,
            ZeroTerminalSnr = config.Flag("rescale_betas_zero_snr", false),
        };

        var name = config.Text("_class_name", Ddpm);
        var known = Classes.Find(row => row.Class == name);
        var clip = config.Flag("clip_sample", name is Ddpm or "DDIMScheduler");
        var sampling = known.Bind(row =>
        {
            var sampler = row.Sampler(config);
            var spacing = config.Text("timestep_spacing", row.Spacing);
            config.Require(spacing is Leading or Linspace or Trailing, "timestep_spacing", $"must be one of {Leading}, {Linspace}, {Trailing}");
            var offset = config.Integer("steps_offset", 0);
            config.Require(offset >= 0 && offset < options.Steps, "steps_offset", "must be at least 0 and below num_train_timesteps");
            // DDPM's scheduler reads no offset.
            var shifted = spacing == Leading && offset > 0 && name != Ddpm;
            if (offset > 0 && !shifted)
            {
                remarks = remarks.Add(config.Remark("steps_offset", $"{name} does not use it with spacing {spacing}"));
            }

            var first = !config.Flag("set_alpha_to_one", name != Pndm) || config.Text("final_sigmas_type", "zero") == "sigma_min";
            var karras = config.Flag("use_karras_sigmas", false);
            var variance = name == Ddpm ? Named("variance_type", "fixed_small", Variances) : null;
            if (!Sampler.All.ContainsKey(sampler))
            {
                remarks = remarks.Add(config.Remark("_class_name", $"this program has no sampler {sampler}; the usual one samples"));
                return None;
            }

            return Some(new SamplingReceipt(
                name, sampler, karras ? "karras" : SpacingOf(spacing, row.Multistep), shifted && !karras ? offset : null, variance,
                first && name != Ddpm, clip));
        });
        remarks += known.IsNone ? Seq1(config.Remark("_class_name", "this program lacks the scheduler; the usual sampler samples")) : [];
        remarks += clip && config.Number("clip_sample_range", 1) != 1
            ? Seq1(config.Remark("clip_sample_range", "estimates are clipped to [-1, 1] here")) : [];
        remarks += config.Flag("thresholding", false)
            ? Seq1(config.Remark("thresholding", "this program clips to [-1, 1] or not at all")) : [];
        remarks += config.Unread().Filter(AsksForSomething).Map(unread => config.Remark(unread, "this program does not know it"));
        var checkedOptions = config.Faults.IsEmpty ? Pure.Training.TrainingConfig.ScheduleOf(options).Map(_ => unit) : unit;
        return config.Faults.IsEmpty
            ? checkedOptions.Map(_ => (new DiffusersScheduler(options, sampling), remarks))
            : Validation<Error, (DiffusersScheduler, Seq<string>)>.Fail(config.Faults);

        // Nothing, false and an empty list ask for nothing. The limits of thresholding ask for nothing without it.
        bool AsksForSomething(string unread) => config.Shown(unread) is not ("null" or "false" or "[]")
            && unread is not ("dynamic_thresholding_ratio" or "sample_max_value" or "clip_sample_range");
    }

    /// <summary>Writes scheduler_config.json with its keys sorted as diffusers sorts them.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="sampling">The default way to sample, if the model was imported with one.</param>
    /// <param name="clip">Whether estimates are clipped by default.</param>
    /// <param name="learnsVariance">Whether the network learns the variance.</param>
    /// <param name="version">The version of diffusers whose keys these are.</param>
    /// <returns>The file; or why diffusers has no such scheduler.</returns>
    public static Validation<Error, JsonObject> Write(
        TrainingOptions options, Option<SamplingReceipt> sampling, bool clip, bool learnsVariance, string version)
    {
        var own = sampling.IfNone(new SamplingReceipt(Ddpm, "ddpm", Leading, null, learnsVariance ? Ancestral.LearnedName : "posterior", false, clip));
        Validation<Error, string> Key(string option, string value, HashMap<string, string> names) =>
            toSeq(names.AsEnumerable()).Find(pair => pair.Value == value).Map(pair => pair.Key)
                .ToValidation(Error.New($"diffusers' UNet2DModel has no {option} {value}: export --format onnx or safetensors"));
        var usual = NoiseSchedule.Families.Find(options.Schedule).Bind(family => Optional(family.PublishedBetas))
            .Map(published => published.For(options.Steps)).IfNone(UsualBetas.Linear);
        var cosine = options.CosineOffset is not { } offset || offset == NoiseSchedule.UsualCosineOffset
            ? Validation<Error, Unit>.Success(unit)
            : Validation<Error, Unit>.Fail(Seq1(Error.New("diffusers' cosine schedule has no other offset than 0.008")));
        return (Key("schedule", options.Schedule, Schedules), Key("prediction", options.Prediction, Predictions), cosine).Apply((schedule, prediction, _) =>
        {
            JsonObject config = new()
            {
                ["_class_name"] = own.Scheduler,
                ["_diffusers_version"] = version,
                ["beta_end"] = options.MaxBeta ?? usual.Max,
                ["beta_schedule"] = schedule,
                ["beta_start"] = options.MinBeta ?? usual.Min,
                ["clip_sample"] = own.ClipSample,
                ["num_train_timesteps"] = options.Steps,
                ["prediction_type"] = prediction,
                ["rescale_betas_zero_snr"] = options.ZeroTerminalSnr,
                ["timestep_spacing"] = own.Spacing switch
                {
                    var spacing when spacing.EndsWith(Leading, StringComparison.Ordinal) => Leading,
                    var spacing when spacing.EndsWith(Trailing, StringComparison.Ordinal) => Trailing,
                    _ => Linspace,
                },
                ["trained_betas"] = null,
            };
            void Set(bool needed, string key, JsonNode value)
            {
                if (needed)
                {
                    config[key] = value;
                }
            }

            var order = own.Sampler.FirstOrDefault(char.IsAsciiDigit) is var digit && digit != default ? digit - '0' : 0;
            Set(own.Spacing == "karras", "use_karras_sigmas", true);
            Set(own.SpacingOffset is not null, "steps_offset", own.SpacingOffset ?? 0);
            Set(own.Scheduler is "DDIMScheduler" or Pndm, "set_alpha_to_one", !own.EndAtFirstLevel);
            Set(own.EndAtFirstLevel && own.Scheduler is not ("DDIMScheduler" or Pndm), "final_sigmas_type", "sigma_min");
            Set(own.Scheduler == Pndm, "skip_prk_steps", own.Sampler == "plms");
            Set(own.Scheduler == Ddpm, "variance_type", VarianceKey(own.Variance));
            Set(own.Scheduler.EndsWith("MultistepScheduler", StringComparison.Ordinal), "solver_order", order);
            Set(own.Sampler == "dpmpp-2m-sde", "algorithm_type", "sde-dpmsolver++");
            return new JsonObject(config.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
        });
    }

    private static string VarianceKey(string? variance) => variance switch
    {
        "beta" => "fixed_large",
        Ancestral.LearnedName => "learned_range",
        _ => "fixed_small",
    };

    /// <summary>This program's name for diffusers' spacing, which multistep schedulers round in their own way.</summary>
    private static string SpacingOf(string spacing, bool multistep) => (spacing, multistep) switch
    {
        (Leading, true) => "diffusers-multistep-leading",
        (Linspace, true) => "diffusers-multistep-linspace",
        (Linspace, false) => "diffusers-linspace",
        (Trailing, _) => "diffusers-trailing",
        _ => Leading,
    };
}
