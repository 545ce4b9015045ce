using TorchSharp;

namespace Ddpm.Properties;

/// <summary>Frees the tensors that a test makes on its way.</summary>
internal sealed class DisposeScopeOfTest : IDisposable
{
    private readonly DisposeScope _scope = torch.NewDisposeScope();

    public void Dispose() => _scope.Dispose();
}
