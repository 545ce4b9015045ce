using Ddpm.Pure.Validations;
using LanguageExt;
using LanguageExt.Common;
using static LanguageExt.Prelude;

namespace Ddpm.Pure.Schedules;

/// <summary>The numbers of a noise schedule that a user may give.</summary>
/// <param name="Steps">T.</param>
/// <param name="MinBeta">β_min; null for the family's own.</param>
/// <param name="MaxBeta">β_max; null for the family's own.</param>
/// <param name="CosineOffset">s of the cosine schedule; null for its own.</param>
public sealed record ScheduleNumbers(int Steps, double? MinBeta = null, double? MaxBeta = null, double? CosineOffset = null);

/// <summary>
/// A family of noise schedules, as one row: options, checks, help, the reference and its citations read it. A new family is a function in
/// NoiseSchedule.Families.cs and a row here.
/// </summary>
/// <param name="Name">The name that options give it.</param>
/// <param name="Formula">β_t with its usual numbers.</param>
/// <param name="Source">The paper or the code that it comes from.</param>
/// <param name="Build">The schedule of given numbers, or every fault of them.</param>
/// <param name="Options">The options of the command line that it takes beside T, without dashes. Others are refused.</param>
/// <param name="PublishedBetas">The usual β_min and β_max for a thousand steps, if it takes them.</param>
public sealed record ScheduleFamily(
    string Name,
    string Formula,
    string Source,
    Func<ScheduleNumbers, Validation<Error, NoiseSchedule>> Build,
    Arr<string> Options,
    UsualBetas? PublishedBetas = null)
{
    private static readonly Arr<string> Betas = Array("min-beta", "max-beta");

    /// <summary>The families by name.</summary>
    public static ChoiceTable<ScheduleFamily> All { get; } = ChoiceTable.Of(
        family => family.Name,
        new ScheduleFamily(
            "linear",
            "β_t = b + (c − b)·t/(T − 1), b = min(1e-4·1000/T, 0.999), c = min(0.02·1000/T, 0.999)",
            "Ho et al. 2020 (2006.11239), section 4",
            numbers => NoiseSchedule.Linear(numbers.Steps, numbers.MinBeta, numbers.MaxBeta),
            Betas,
            UsualBetas.Linear),
        new ScheduleFamily(
            "scaled-linear",
            "√β_t = √b + (√c − √b)·t/(T − 1), b = min(0.00085·1000/T, 0.999), c = min(0.012·1000/T, 0.999)",
            "Rombach et al. 2022, Stable Diffusion",
            numbers => NoiseSchedule.ScaledLinear(numbers.Steps, numbers.MinBeta, numbers.MaxBeta),
            Betas,
            UsualBetas.ScaledLinear),
        new ScheduleFamily(
            "cosine",
            "β_t = min(1 − f((t + 1)/T)/f(t/T), 0.999), f(u) = cos²(((u + 0.008)/1.008)·π/2)",
            "Nichol and Dhariwal 2021 (2102.09672), eq. 17",
            numbers => NoiseSchedule.Cosine(numbers.Steps, numbers.CosineOffset ?? NoiseSchedule.UsualCosineOffset),
            Array("cosine-offset")),
        new ScheduleFamily(
            "sigmoid",
            "β_t = min(1 − f((t + 1)/T)/f(t/T), 0.999), f(u) = (S(3) − S(6u − 3))/(S(3) − S(−3)), S(y) = 1/(1 + e^(−y))",
            "Jabri et al. 2022 (2212.11972), figure 8; Chen 2023 (2301.10972), algorithm 1",
            numbers => NoiseSchedule.SigmoidAlphaBar(numbers.Steps),
            Arr<string>.Empty),
        new ScheduleFamily(
            "sigmoid-beta",
            "β_t = b + (c − b)·S(−6 + 12·t/(T − 1)), b = min(1e-4·1000/T, 0.999), c = min(0.02·1000/T, 0.999), S(y) = 1/(1 + e^(−y))",
            "Xu et al. 2022, GeoDiff",
            numbers => NoiseSchedule.SigmoidBeta(numbers.Steps, numbers.MinBeta, numbers.MaxBeta),
            Betas,
            UsualBetas.Linear));
}
