using FastHyper.Backends;
using FastHyper.Tests.Backends.Cpu;

namespace FastHyper.Tests.Backends.OpenCl;

/// <summary>Products with features on a device against plain loops.</summary>
[Collection(nameof(OnOpenCl))]
public sealed class OpenClFeatureTests(OpenClFixture fixture)
{
    public static TheoryData<bool, bool, EngineLayout, Precision> Engines => FeatureBitsTests.Engines;

    [Theory, MemberData(nameof(Engines))]
    public void ProductsAreThoseOfPlainLoops(bool perAction, bool dense, EngineLayout layout, Precision precision)
    {
        foreach (int states in (int[])[1, 2, 3, 7, 31, 32, 33, 64, 130, 600])
        {
            int actions = 1 + (states % 5), width = 1 + (states * 7 % 11);
            FeatureBitsTests.Compute(fixture.Backend, states, actions, width, perAction, dense, layout, precision)
                .Expect(precision == Precision.F64 ? 1e-13 : 2e-5, $"{states} x {actions}, {width}");
        }
    }
}
