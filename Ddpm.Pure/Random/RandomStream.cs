namespace Ddpm.Pure.Random;

/// <summary>The purpose of a draw. Each purpose has its own stream, so no use of randomness ever shifts another.</summary>
public enum StreamName : uint
{
    /// <summary>x_T of generated image i: index i, step 0.</summary>
    InitialNoise = 1,

    /// <summary>z of line n of a sampling plan for generated image i: index i, step n.</summary>
    SamplingNoise = 2,

    /// <summary>ε of training image i in epoch e: index i, step e.</summary>
    TrainingNoise = 3,

    /// <summary>
    /// The timestep of training image i in epoch e: index i, step e. With stratified sampling, the one draw for all timesteps of the run's step n: index 0,
    /// step n.
    /// </summary>
    Timesteps = 4,

    /// <summary>The order of the training images in epoch e: index 0, step e.</summary>
    Shuffling = 5,

    /// <summary>The initial value of the k-th parameter of a network: index k, step 0.</summary>
    WeightInitialization = 6,

    /// <summary>The features in subset n of a metric over subsets: index 0 for the real features, 1 for the generated features; step n.</summary>
    MetricSubsets = 7,

    /// <summary>Whether training image i is mirrored in epoch e: index i, step e.</summary>
    Flips = 8,

    /// <summary>The augmentation of a classifier's training image i in epoch e: index i, step e.</summary>
    Augmentation = 9,

    /// <summary>ε of the variational bound, for image i at timestep t: index i, step t.</summary>
    BoundNoise = 10,

    /// <summary>Whether the class of training image i is withheld in epoch e: index i, step e.</summary>
    LabelDropout = 11,

    /// <summary>ε of held-out image i: index i, step 0.</summary>
    HeldOutNoise = 12,

    /// <summary>The one draw for the timesteps of all held-out images: index 0, step 0.</summary>
    HeldOutTimesteps = 13,

    /// <summary>
    /// The noise of a student's image i in distillation step n: index i, step n. An image of P pixels takes z of its evaluation s from position s·P on.
    /// </summary>
    DistillationImages = 14,

    /// <summary>
    /// The noise that a student's image i is judged with in distillation step n, and then learned with: index i, step n, from positions 0 and P.
    /// </summary>
    DistillationNoise = 15,

    /// <summary>The timesteps that image i is judged at in distillation step n, and that the critic learns it at: index i, step n, positions 0 and 1.</summary>
    DistillationTimesteps = 16,

    /// <summary>Candidate i of generation g of a search for a plan: index i, step g.</summary>
    PlanSearch = 17,

    /// <summary>The geometric augmentation of training image i in epoch e: index i, step e.</summary>
    GeometricAugmentation = 18,

    /// <summary>Which units of training image i are dropped in epoch e: index i, step e. Dropout layer k takes the blocks from k·2²⁵ on.</summary>
    Dropout = 19,
}

/// <summary>
/// The random numbers of one seed and one purpose. A draw is a pure function of (seed, stream, index, step, position). It is independent of every other draw,
/// of the order of the draws, and of their split into batches.
/// </summary>
/// <param name="Seed">Any 64-bit number; the Philox key.</param>
/// <param name="Name">The purpose.</param>
public readonly record struct RandomStream(ulong Seed, StreamName Name)
{
    /// <summary>The draws of one index (an image, a parameter) at one step (an epoch, a line of a plan).</summary>
    /// <exception cref="OverflowException">Index or step is negative.</exception>
    public Draws At(int index, int step) => new(Seed, Name, checked((uint)index), checked((uint)step));
}

/// <summary>
/// An endless sequence of random numbers, addressed by position ≥ 0. Word 4b + i is word i of the Philox block with counter (b, index, step, stream) and the
/// seed as its key, so no two addresses share a counter.
/// </summary>
/// <param name="Seed">The Philox key.</param>
/// <param name="Name">Counter word 3.</param>
/// <param name="Index">Counter word 1.</param>
/// <param name="Step">Counter word 2.</param>
public readonly record struct Draws(ulong Seed, StreamName Name, uint Index, uint Step)
{
    /// <summary>The b-th block of four words, b ∈ [0, 2³²).</summary>
    public PhiloxBlock Block(uint block) => Philox.Block(new(block, Index, Step, (uint)Name), Seed);

    /// <summary>The random word at a position.</summary>
    public uint Word(int position)
    {
        var block = Block((uint)position >> 2);
        return (position & 3) switch { 0 => block.W0, 1 => block.W1, 2 => block.W2, _ => block.W3 };
    }

    /// <summary>A uniform number strictly inside (0, 1): (word + ½)·2⁻³², exact in double precision.</summary>
    public double Uniform(int position) => UniformOf(Word(position));

    /// <summary>An integer in [0, bound): ⌊word·bound/2³²⌋. The error of each value's probability is at most 2⁻³².</summary>
    public int Below(int position, int bound) => (int)(((ulong)Word(position) * (uint)bound) >> 32);

    /// <summary>The standard normal number at a position: see <see cref="Normal"/>.</summary>
    public float Normal(int position) => Random.Normal.At(this, position);

    /// <summary>Fills a span with the standard normals at positions from, from + 1, …; vectorised, with the same bits as <see cref="Normal(int)"/>.</summary>
    public void FillNormals(Span<float> destination, int from = 0) => Random.Normal.Fill(this, destination, from);

    internal static double UniformOf(uint word) => (word + 0.5) * (1.0 / 4294967296.0);
}
