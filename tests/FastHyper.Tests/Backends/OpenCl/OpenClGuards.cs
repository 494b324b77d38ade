using FastHyper.Backends;

namespace FastHyper.Tests.Backends.OpenCl;

[Collection(nameof(OnOpenCl))]
public sealed class OpenClGuards(OpenClFixture fixture) : EngineGuards
{
    private protected override Backend Tested => fixture.Backend;
}
