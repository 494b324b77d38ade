using FastHyper.Backends.OpenCl;

namespace FastHyper.Tests.Backends.OpenCl;

/// <summary>One backend for all its tests: programs are built once.</summary>
public sealed class OpenClFixture : IDisposable
{
    private OpenClBackend? _backend;

    /// <summary>The backend; skips the test where there is no device.</summary>
    public OpenClBackend Backend => _backend ??= new OpenClBackend(OpenClRequired.Device());

    public void Dispose() => _backend?.Dispose();
}

/// <summary>Tests that share a backend, one after the other; those of other backends run meanwhile.</summary>
[CollectionDefinition(nameof(OnOpenCl))]
public class OnOpenCl : ICollectionFixture<OpenClFixture>;
