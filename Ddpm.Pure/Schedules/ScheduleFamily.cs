using LanguageExt;
using LanguageExt.Common;

namespace Ddpm.Pure.Schedules;

/// <summary>The numbers of a noise schedule that the user may set.</summary>
/// <param name="Steps">T.</param>
/// <param name="MinBeta">β_min; null for the family's own.</param>
/// <param name="MaxBeta">β_max; null for the family's own.</param>
/// <param name="CosineOffset">s of the cosine schedule; null for its own.</param>
/// <param name="FlowShift">s of rectified flow; null for 1.</param>
/// <param name="SigmaMin">σ_min of EDM; null for its own.</param>
/// <param name="SigmaMax">σ_max of EDM; null for its own.</param>
/// <param name="SigmaRho">ρ of EDM; null for its own.</param>
public sealed record ScheduleNumbers(
    int Steps,
    double? MinBeta = null,
    double? MaxBeta = null,
    double? CosineOffset = null,
    double? FlowShift = null,
    double? SigmaMin = null,
    double? SigmaMax = null,
    double? SigmaRho = null);

/// <summary>
/// A family of noise schedules, as one row. Options, checks, help, the reference and its citations are read from it. To add a family, add a function
/// and a row of <see cref="NoiseSchedule.Families"/>.
/// </summary>
/// <param name="Name">Its name in options.</param>
/// <param name="Formula">β_t, or a and σ, with the usual numbers.</param>
/// <param name="Source">The paper or the code that defines it.</param>
/// <param name="Build">Builds the schedule from numbers, or reports every fault of them.</param>
/// <param name="Options">The command-line options that it takes besides T, without dashes. Others are refused.</param>
/// <param name="PublishedBetas">The usual β_min and β_max for a thousand steps, if it takes them.</param>
/// <param name="UsualDensity">How training usually spreads its timesteps, an option of train.</param>
public sealed record ScheduleFamily(
    string Name,
    string Formula,
    string Source,
    Func<ScheduleNumbers, Validation<Error, NoiseSchedule>> Build,
    Arr<string> Options,
    UsualBetas? PublishedBetas = null,
    string UsualDensity = "uniform");
