using FastHyper.Backends;
using FastHyper.Backends.OpenCl.Devices;
using FastHyper.Reference.Dense;
using FastHyper.Tests.Backends.OpenCl;

namespace FastHyper.Tests.SlowMixing;

/// <summary>As <see cref="SlowMixingTests"/>, on an OpenCL device, where there is one.</summary>
[Collection(nameof(OnOpenCl))]
public class SlowMixingOnDeviceTests(OpenClFixture fixture)
{
    [Theory]
    [InlineData(1, Precision.F64)]
    [InlineData(3, Precision.F64)]
    [InlineData(1, Precision.F32)]
    [InlineData(3, Precision.F32)]
    public void AnswersAreRight(int leaders, Precision precision)
    {
        if (OpenClDevices.All().Count == 0 && Environment.GetEnvironmentVariable(OpenClRequired.Variable) != "1") return;
        int known = 0, found = 0;
        double largest = precision == Precision.F64 ? 0.999999 : 0.9999;
        SlowCase.CheckSmall(15, data => Math.Max(data.Gamma, data.GammaLeader) <= largest, c =>
        {
            if (c.Answer(precision) is not ReferenceAnswer exact) return null;
            Verdict verdict = new SlowCheck { Leaders = leaders, Precision = precision }.Run(c.Data(), exact, fixture.Backend);
            known++;
            if (verdict.IsRight) found++;
            return verdict.IsWrong ? $"{verdict}" : null;
        });
        Assert.True(known > 5 && found == known, $"{found} of {known} were found");
    }
}
