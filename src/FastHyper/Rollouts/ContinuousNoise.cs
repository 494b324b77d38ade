using FastHyper.Backends;
using FastHyper.Problems.Continuous;

namespace FastHyper.Rollouts;

/// <summary>Random numbers of streams by their names: seed, iteration, stream, step and number in it.</summary>
/// <param name="seed">Seed of the leader.</param>
/// <param name="iteration">Leader iteration.</param>
/// <param name="firstStream">Number of the instance's first stream.</param>
internal readonly struct ContinuousNoise(ulong seed, uint iteration, uint firstStream)
{
    /// <summary>Writes a step's numbers: uniform ones in [0, 1), then standard normal ones.</summary>
    /// <param name="purpose">What they are for.</param>
    /// <param name="step">The step.</param>
    /// <param name="uniforms">Uniform dimensions.</param>
    /// <param name="normals">Normal dimensions.</param>
    /// <param name="streams">Which streams, from 0; one for each sample of <paramref name="to"/>.</param>
    /// <param name="to">(uniforms + normals) dimensions, written.</param>
    public void Write(
        Philox.Purpose purpose, int step, int uniforms, int normals, ReadOnlySpan<int> streams, SampleSpans to)
    {
        uint pairs = (uint)(((uniforms + 1) / 2) + ((normals + 1) / 2)), next = unchecked((uint)step * pairs);
        for (int d = 0; d < uniforms; d += 2, next++)
        {
            Span<double> first = to[d], second = d + 1 < uniforms ? to[d + 1] : default;
            for (int k = 0; k < streams.Length; k++)
            {
                (double one, double other) = Philox.Uniforms(next, purpose, firstStream + (uint)streams[k], iteration, seed);
                first[k] = one;
                if (!second.IsEmpty) second[k] = other;
            }
        }

        for (int d = uniforms; d < uniforms + normals; d += 2, next++)
        {
            Span<double> first = to[d], second = d + 1 < uniforms + normals ? to[d + 1] : default;
            for (int k = 0; k < streams.Length; k++)
            {
                (double one, double other) = Philox.Normals(next, purpose, firstStream + (uint)streams[k], iteration, seed);
                first[k] = one;
                if (!second.IsEmpty) second[k] = other;
            }
        }
    }
}
