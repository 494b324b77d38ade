using FastHyper.Backends.OpenCl;

namespace FastHyper.Tests.Backends.OpenCl;

/// <summary>One backend for all tests of a class: programs are built once.</summary>
public sealed class OpenClFixture : IDisposable
{
    private OpenClBackend? _backend;

    /// <summary>The backend; skips the test where there is no device.</summary>
    public OpenClBackend Backend => _backend ??= new OpenClBackend(OpenClRequired.Device());

    public void Dispose() => _backend?.Dispose();
}
