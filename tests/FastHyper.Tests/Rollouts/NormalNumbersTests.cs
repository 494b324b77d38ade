using FastHyper.Backends;
using FastHyper.Rollouts;

namespace FastHyper.Tests.Rollouts;

/// <summary>Random numbers of many streams, against those of one at a time.</summary>
public class NormalNumbersTests
{
    [Fact]
    public void UniformNumbersAreThoseOfPhiloxAndNormalOnesToLastPlaces()
    {
        for (int length = 0; length <= 130; length++)
        {
            int[] streams = [.. Enumerable.Range(0, length).Select(k => (7 * k) + 1)];
            double[] first = new double[length], second = new double[length];
            NormalNumbers.Uniforms(3, Philox.Purpose.Step, 11, streams, 5, 0x123456789ABCDEF0, first, second);
            for (int k = 0; k < length; k++)
                Assert.Equal(Philox.Uniforms(3, Philox.Purpose.Step, (uint)(11 + streams[k]), 5, 0x123456789ABCDEF0), (first[k],
                    second[k]));
            NormalNumbers.FromUniforms(first, second);
            for (int k = 0; k < length; k++)
            {
                (double one, double other) = Philox.Normals(3, Philox.Purpose.Step, (uint)(11 + streams[k]), 5, 0x123456789ABCDEF0);
                Assert.InRange(first[k] - one, -2e-15, 2e-15);
                Assert.InRange(second[k] - other, -2e-15, 2e-15);
            }
        }
    }

    /// <summary>At the ends of quarters, and of what uniform numbers can be; and with the bits of any company.</summary>
    [Fact]
    public void EdgesAreRightAndCompanyDoesNotMatter()
    {
        double last = 1 - (1.0 / (1UL << 53));
        double[] turns = [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, last, 0.1249999, 0.3750001, 1.0 / (1UL << 53)];
        foreach (double u in (double[])[0, 0.3, 0.5, last])
        {
            double[] first = [.. turns.Select(_ => u)], second = [.. turns];
            NormalNumbers.FromUniforms(first, second);
            for (int k = 0; k < turns.Length; k++)
            {
                double radius = Math.Sqrt(-2 * Math.Log(1 - u));
                (double sin, double cos) = Math.SinCos(2 * Math.PI * turns[k]);
                Assert.InRange(first[k] - (radius * cos), -4e-15, 4e-15);
                Assert.InRange(second[k] - (radius * sin), -4e-15, 4e-15);
                double[] alone = [u], other = [turns[k]];
                NormalNumbers.FromUniforms(alone, other);
                Assert.Equal((first[k], second[k]), (alone[0], other[0]));
            }
        }
    }
}
