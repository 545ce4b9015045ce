using TorchSharp;
using static TorchSharp.torch;

namespace Ddpm.Gpu.Tensors;

/// <summary>
/// Every operation of a tensor with a number, and every sum, goes through here. TorchSharp 0.107's own operators make a Scalar of the number (of a sum too: its
/// hidden factor 1), hand libtorch the pointer inside, and hold on to nothing: a garbage collection that another thread begins may free the number before
/// libtorch reads it, and the operation throws, or counts on with whatever lies there. Here the Scalar lives until the operation has ended.
/// </summary>
internal static class TensorMath
{
    /// <summary>x + y.</summary>
    public static Tensor Plus(this Tensor x, Tensor y) => With(1, one => x.add(y, one));

    /// <summary>f·x.</summary>
    public static Tensor Times(this Tensor x, double f) => With(f, factor => x.mul(factor));

    /// <summary>x within [low, high].</summary>
    public static Tensor Within(this Tensor x, double low, double high) => With(low, least => With(high, most => x.clamp(least, most)));

    /// <summary>n times the same integer.</summary>
    public static Tensor Repeated(long value, long n, Device device)
    {
        using var scalar = value.ToScalar();
        return full([n], scalar, ScalarType.Int64, device);
    }

    /// <summary>x ← x + f.</summary>
    public static Tensor Add(this Tensor x, double f) => With(1, one => With(f, term => x.add_(term, one)));

    /// <summary>x ← x + f·y.</summary>
    public static Tensor Add(this Tensor x, Tensor y, double f) => With(f, factor => x.add_(y, factor));

    /// <summary>x ← f·x.</summary>
    public static Tensor Multiply(this Tensor x, double f) => With(f, factor => x.mul_(factor));

    /// <summary>x ← x + f·y·z.</summary>
    public static Tensor AddProduct(this Tensor x, Tensor y, Tensor z, double f) => With(f, factor => x.addcmul_(y, z, factor));

    /// <summary>x ← x + f·y/z.</summary>
    public static Tensor AddQuotient(this Tensor x, Tensor y, Tensor z, double f) => With(f, factor => x.addcdiv_(y, z, factor));

    private static Tensor With(double number, Func<Scalar, Tensor> operation)
    {
        using var scalar = number.ToScalar(); // what is to be disposed of at the end is held until then
        return operation(scalar);
    }
}
