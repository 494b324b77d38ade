using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Problems.Continuous;

namespace FastHyper.Rollouts;

/// <summary>
/// Rolls responses to problems of continuous states out, instances on the host's threads, their streams in lanes. Nothing is allocated
/// after construction.
/// </summary>
internal sealed class ContinuousSampler : RolloutSampler
{
    private readonly ProblemInstances _instances;
    private readonly IContinuousModel[] _models;
    private readonly double[][] _noise;
    private readonly int[][] _streams;
    private readonly int[][] _ages;
    private readonly double[] _returns;
    private readonly ulong[] _seeds;
    private readonly Action<int> _roll;
    private uint _iteration;

    /// <summary>Creates the sampler and a buffer for each instance.</summary>
    /// <param name="instances">The problem.</param>
    /// <param name="options">How many samples.</param>
    /// <param name="modelOf">What an instance's streams run through.</param>
    public ContinuousSampler(ProblemInstances instances, SamplingOptions options, Func<int, IContinuousModel> modelOf)
    {
        ArgumentNullException.ThrowIfNull(options);
        RolloutShape shape = options.ToShape();
        int count = instances.Engine.Instances;
        _instances = instances;
        _models = [.. Enumerable.Range(0, count).Select(modelOf)];
        Buffers = [.. _models.Select(model => new ContinuousBuffer(shape, model.States, model.Actions))];
        _noise = [.. _models.Select(
            model => new double[(Math.Max(model.StartUniforms + model.StartNormals,
                model.Uniforms + model.Normals) + model.States + 1) * shape.Streams])];
        _streams = [.. _models.Select(_ => new int[2 * shape.Streams])];
        foreach (int[] streams in _streams) for (int w = 0; w < shape.Streams; w++) streams[w] = w;
        _ages = [.. _models.Select(_ => new int[shape.Streams])];
        _returns = new double[count];
        _seeds = new ulong[instances.Engine.Leaders];
        _roll = Roll;
    }

    /// <summary>The last samples of each instance.</summary>
    public ContinuousBuffer[] Buffers { get; }

    /// <inheritdoc/>
    public override void Sample(Follower response, ReadOnlySpan<ulong> seeds, uint iteration)
    {
        seeds.CopyTo(_seeds);
        _iteration = iteration;
        foreach (IContinuousModel model in _models) model.Prepare();
        _instances.Engine.OnHost(_models.Length, _roll);
    }

    /// <inheritdoc/>
    public override void MeanReturns(Span<double> returns)
    {
        double discount = _instances.Problem.LeaderDiscount;
        for (int i = 0; i < Buffers.Length; i++)
        {
            ContinuousBuffer buffer = Buffers[i];
            double sum = 0;
            for (int k = 0; k < buffer.Count; k++) sum += Math.Pow(discount, buffer.Time[k]) * buffer.LeaderReward[k];
            _returns[i] = sum / buffer.Episodes;
        }

        _instances.AverageContexts(_returns, returns);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) { }

    private void Roll(int instance)
    {
        IContinuousModel model = _models[instance];
        ContinuousBuffer buffer = Buffers[instance];
        int streams = buffer.Shape.Streams, each = _instances.Engine.Options.InstancesPerLeader;
        ContinuousNoise noise = new(_seeds[instance / each], _iteration, (uint)(instance % each * streams));
        Span<double> scratch = _noise[instance], unused = scratch[^streams..];
        SampleSpans numbers = new(scratch[(model.States * streams)..], streams);
        int[] ages = _ages[instance];
        ages.AsSpan().Clear();
        buffer.Episodes = 0;
        for (int t = 0; t < buffer.Shape.Steps; t++)
        {
            if (t > 0)
                for (int d = 0; d < model.States; d++) buffer.NextAt(t - 1)[d].CopyTo(buffer.StatesAt(t)[d]);
            Begin(instance, t, noise);
            noise.Write(Philox.Purpose.Step, t, model.Uniforms, model.Normals, _streams[instance].AsSpan(0, streams), numbers, unused);
            Span<StepEnd> ends = buffer.At(buffer.End, t);
            ages.CopyTo(buffer.At(buffer.Time, t));
            ends.Clear();
            model.Step(
                buffer.StatesAt(t), numbers, buffer.ActionsAt(t), buffer.NextAt(t), buffer.At(buffer.Reward, t),
                buffer.At(buffer.LeaderReward, t), ends);
            for (int w = 0; w < streams; w++)
            {
                if (++ages[w] >= buffer.Shape.EpisodeLimit && ends[w] == StepEnd.None) ends[w] = StepEnd.Truncated;
                if (ends[w] != StepEnd.None) ages[w] = 0;
            }
        }
    }

    /// <summary>Writes the states of streams whose episodes begin.</summary>
    private void Begin(int instance, int t, ContinuousNoise noise)
    {
        IContinuousModel model = _models[instance];
        ContinuousBuffer buffer = Buffers[instance];
        int[] ages = _ages[instance];
        Span<int> begin = _streams[instance].AsSpan(ages.Length);
        int count = 0;
        for (int w = 0; w < ages.Length; w++)
            if (ages[w] == 0) begin[count++] = w;
        if (count == 0) return;
        buffer.Episodes += count;
        begin = begin[..count];
        SampleSpans states = new(_noise[instance].AsSpan(0, model.States * count), count);
        SampleSpans numbers = new(_noise[instance].AsSpan(model.States * ages.Length,
            (model.StartUniforms + model.StartNormals) * count), count);
        noise.Write(Philox.Purpose.Start, t, model.StartUniforms, model.StartNormals, begin, numbers,
            _noise[instance].AsSpan(^ages.Length..));
        model.Start(numbers, states);
        for (int d = 0; d < model.States; d++)
        {
            Span<double> from = states[d], to = buffer.StatesAt(t)[d];
            for (int k = 0; k < count; k++) to[begin[k]] = from[k];
        }
    }
}
