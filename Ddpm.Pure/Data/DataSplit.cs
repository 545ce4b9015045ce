namespace Ddpm.Pure.Data;

/// <summary>The two splits of a published data set.</summary>
internal enum DataSplit
{
    /// <summary>The images to train on.</summary>
    Train,

    /// <summary>The images held back to measure with.</summary>
    Test,
}
