using Ddpm.Pure.Images;

namespace Ddpm.Host.Pictures;

/// <summary>A picture of an animation, and the 1/100 s for which it is shown.</summary>
internal readonly record struct TimedPicture(PixelImage Picture, int Delay);
