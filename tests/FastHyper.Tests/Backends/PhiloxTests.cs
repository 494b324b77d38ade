using FastHyper.Backends;

namespace FastHyper.Tests.Backends;

public class PhiloxTests
{
    [Fact]
    public void KnownAnswersOfTheAuthors()
    {
        Assert.Equal((0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u), Philox.Block(0, 0, 0, 0, 0));
        Assert.Equal((0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu), Philox.Block(~0u, ~0u, ~0u, ~0u, ~0ul));
        Assert.Equal(
            (0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u),
            Philox.Block(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0x299f31d0_a4093822));
    }

    [Fact]
    public void UniformsAreTheLeading53BitsOfTwoWordsEach()
    {
        (uint w0, uint w1, uint w2, uint w3) = Philox.Block(5, (uint)Philox.Purpose.Context, 7, 8, 9);
        (double first, double second) = Philox.Uniforms(5, Philox.Purpose.Context, 7, 8, 9);
        Assert.Equal(Math.ScaleB(w0, -32) + Math.ScaleB(w1 >> 11, -53), first);
        Assert.Equal(Math.ScaleB(w2, -32) + Math.ScaleB(w3 >> 11, -53), second);
    }

    [Fact]
    public void NormalsHaveTheMomentsOfAStandardNormal()
    {
        const int n = 20000;
        double[] z = new double[2 * n];
        for (uint i = 0; i < n; i++) (z[2 * i], z[(2 * i) + 1]) = Philox.Normals(i, Philox.Purpose.Parameters, 0, 0, 3);
        // Four standard errors: a seed in 16000 would fail, and this one does not.
        Assert.InRange(z.Average(), -4 / Math.Sqrt(2 * n), 4 / Math.Sqrt(2 * n));
        Assert.InRange(z.Average(x => x * x), 1 - (4 * Math.Sqrt(2.0 / (2 * n))), 1 + (4 * Math.Sqrt(2.0 / (2 * n))));
        Assert.InRange(z.Average(x => x * x * x * x), 3 - (4 * Math.Sqrt(96.0 / (2 * n))), 3 + (4 * Math.Sqrt(96.0 / (2 * n))));
        Assert.InRange(Enumerable.Range(0, n).Average(i => z[2 * i] * z[(2 * i) + 1]), -4 / Math.Sqrt(n), 4 / Math.Sqrt(n));
    }
}
