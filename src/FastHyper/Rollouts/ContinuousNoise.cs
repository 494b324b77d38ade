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
    /// <param name="unused">Scratch, a number for each stream.</param>
    public void Write(
        Philox.Purpose purpose, int step, int uniforms, int normals, ReadOnlySpan<int> streams, SampleSpans to, Span<double> unused)
    {
        uint pairs = (uint)(((uniforms + 1) / 2) + ((normals + 1) / 2)), next = unchecked((uint)step * pairs);
        for (int d = 0; d < uniforms; d += 2, next++) WritePair(purpose, next, streams, to, d, uniforms, unused);
        for (int d = uniforms; d < uniforms + normals; d += 2, next++)
            NormalNumbers.FromUniforms(to[d], WritePair(purpose, next, streams, to, d, uniforms + normals, unused));
    }

    /// <summary>Writes a pair of uniform numbers; the second to <paramref name="unused"/> where there is no place for it.</summary>
    /// <returns>Where the second is.</returns>
    private Span<double> WritePair(
        Philox.Purpose purpose, uint step, ReadOnlySpan<int> streams, SampleSpans to, int dimension, int end, Span<double> unused)
    {
        Span<double> second = dimension + 1 < end ? to[dimension + 1] : unused[..streams.Length];
        NormalNumbers.Uniforms(step, purpose, firstStream, streams, iteration, seed, to[dimension], second);
        return second;
    }
}
