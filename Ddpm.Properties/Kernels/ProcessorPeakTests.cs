using Ddpm.Gpu.Kernels;
using Xunit;

namespace Ddpm.Properties.Kernels;

public sealed class ProcessorPeakTests
{
    [Fact]
    public void The_peak_s_operations_are_counted() => Assert.Equal(2 * 16 * 16 * 100, ProcessorPeak.Compute(100));
}
