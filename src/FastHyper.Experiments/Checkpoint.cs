using System.Globalization;
using System.Text;
using FastHyper.Backends;
using FastHyper.Files;
using FastHyper.Leaders;

namespace FastHyper.Experiments;

/// <summary>What a checkpoint says beside the leaders' state.</summary>
/// <param name="Iteration">Leader iterations done.</param>
/// <param name="Seconds">Time that they took.</param>
/// <param name="Config">The run's configuration, as YAML.</param>
/// <param name="Metrics">The metrics that belong to them.</param>
/// <param name="SolvedBy">Names of the methods that solved the followers last, separated by commas; empty for none.</param>
public sealed record CheckpointHead(long Iteration, double Seconds, string Config, MetricsMark Metrics, string SolvedBy);

/// <summary>
/// checkpoint.npz: all that the rest of a run depends on, so that a resumed run ends with the bits of an uninterrupted
/// one. Each device array is stored in float64, (instances or leaders, length); texts as their UTF-8 bytes, a number each. The
/// array sha256 is of all others: an edited checkpoint is no longer one.
/// </summary>
public sealed class Checkpoint
{
    private const string Iteration = "iteration";
    private const string Seconds = "seconds";
    private const string Config = "config";
    private const string MetricsLength = "metrics_length";
    private const string MetricsDigest = "metrics_sha256";
    private const string SolvedBy = "solved_by";
    private const string Sum = "sha256";

    // Leader and iteration of each divergence, and their causes, a line each. Both are there where there was any.
    private const string Diverged = "diverged";
    private const string Causes = "diverged_causes";
    private static readonly string[] s_head =
        [Iteration, Seconds, Config, MetricsLength, MetricsDigest, SolvedBy, Diverged, Causes, Sum];

    private readonly string _path;
    private readonly Dictionary<string, NpyArray<double>> _state = [];
    private readonly (long Leader, long Iteration, string Cause)[] _diverged;

    private Checkpoint(string path, CheckpointHead head, (long, long, string)[] diverged) =>
        (_path, Head, _diverged) = (path, head, diverged);

    /// <summary>What it says beside the leaders' state.</summary>
    public CheckpointHead Head { get; }

    /// <summary>Leader, iteration and cause of each divergence.</summary>
    public IReadOnlyList<(long Leader, long Iteration, string Cause)> Divergences => _diverged;

    /// <summary>Writes a checkpoint of leaders that are led in code, whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="leader">The leaders.</param>
    /// <exception cref="InvalidInputException">No file can be created there.</exception>
    public static void Save(string path, Leader leader)
    {
        ArgumentNullException.ThrowIfNull(leader);
        Save(FileStore.Disk, path, leader, new CheckpointHead(leader.Iteration, 0, "", new MetricsMark(0, ""), ""));
    }

    /// <summary>Writes a checkpoint, whole or not at all.</summary>
    /// <param name="store">How files are written.</param>
    /// <param name="path">The file.</param>
    /// <param name="leader">The leaders.</param>
    /// <param name="head">What it says beside their state.</param>
    /// <exception cref="InvalidInputException">No file can be created there.</exception>
    public static void Save(FileStore store, string path, Leader leader, CheckpointHead head)
    {
        ArgumentNullException.ThrowIfNull(leader);
        ArgumentNullException.ThrowIfNull(head);
        using NpzWriter writer = NpzWriter.Create(path, store);
        ArraysDigest sum = new();
        Write(Iteration, [head.Iteration]);
        sum.Add(Seconds, [head.Seconds], []);
        writer.WriteScalar(Seconds, head.Seconds);
        WriteText(Config, head.Config);
        Write(MetricsLength, [head.Metrics.Length]);
        WriteText(MetricsDigest, head.Metrics.Digest);
        WriteText(SolvedBy, head.SolvedBy);
        Engine engine = leader.Instances.Engine;
        foreach ((string name, DeviceArray array) in leader.State)
        {
            int count = CountOf(engine, array);
            double[] values = new double[checked(count * array.Length)];
            for (int i = 0; i < count; i++)
            {
                Span<double> one = values.AsSpan(i * array.Length, array.Length);
                if (array == leader.Instances.X) leader.Parameters(i).CopyTo(one);
                else engine.Download(array, i, one);
            }

            sum.Add(name, values.AsSpan(), [count, array.Length]);
            writer.Write(name, values.AsSpan(), count, array.Length);
        }

        if (leader.Diverged.Count > 0)
        {
            long[] when = [.. leader.Diverged.SelectMany(divergence => (long[])[divergence.Leader, divergence.Iteration])];
            Write(Diverged, when, leader.Diverged.Count, 2);
            WriteText(Causes, string.Join('\n', leader.Diverged.Select(divergence => divergence.Cause.ReplaceLineEndings(" "))));
        }

        WriteText(Sum, sum.ToString());
        writer.Commit();

        void Write(string name, long[] values, params int[] shape)
        {
            sum.Add(name, values.AsSpan(), shape);
            writer.Write(name, values.AsSpan(), shape);
        }

        void WriteText(string name, string text)
        {
            int[] units = [.. Encoding.UTF8.GetBytes(text)];
            if (name != Sum) sum.Add(name, units.AsSpan(), [units.Length]);
            writer.Write(name, units.AsSpan(), units.Length);
        }
    }

    /// <summary>Reads a checkpoint, and judges it by itself.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">It is none, or has been damaged or edited.</exception>
    public static Checkpoint Read(string path)
    {
        using NpzReader reader = NpzReader.Open(path);
        string file = OneLine.Path(path);
        ArraysDigest sum = new();
        NpyArray<long> iteration = Longs(Iteration), length = Longs(MetricsLength);
        NpyArray<double> seconds = Doubles(Seconds);
        if (iteration.Data is not [>= 0 and <= uint.MaxValue])
            throw Wrong(Iteration, iteration.Data, $"one number from 0 to {uint.MaxValue}");
        if (seconds.Data is not [>= 0] || !double.IsFinite(seconds.Data[0]))
            throw Wrong(Seconds, seconds.Data, "one finite number, 0 or more");
        if (length.Data is not [>= 0 and <= int.MaxValue])
            throw Wrong(MetricsLength, length.Data, $"one number from 0 to {int.MaxValue}");
        MetricsMark metrics = new(length.Data[0], Text(MetricsDigest));
        CheckpointHead head = new(iteration.Data[0], seconds.Data[0], Text(Config), metrics, Text(SolvedBy));
        (long, long, string)[] diverged = [];
        if (reader.Contains(Diverged))
        {
            (long Leader, long Iteration)[] when = [.. Longs(Diverged).Data.Chunk(2).Select(pair => (pair[0], pair[^1]))];
            string[] causes = Text(Causes).Split('\n');
            if (causes.Length != when.Length)
                throw Refused($"{Diverged} names {when.Length} leaders, with {causes.Length} causes; expected one for each");
            diverged = [.. when.Zip(causes, (pair, cause) => (pair.Leader, pair.Iteration, cause))];
        }

        Checkpoint checkpoint = new(file, head, diverged);
        foreach (string name in reader.Names.Except(s_head)) checkpoint._state.Add(name, Doubles(name));
        if (Text(Sum) != sum.ToString())
            throw Refused("its arrays do not have the SHA-256 that it holds; expected a checkpoint as the run wrote it");
        return checkpoint;

        InvalidInputException Refused(string what) => new($"{file}: {what}");

        InvalidInputException Wrong<T>(string name, T[] values, string expected)
            where T : IFormattable
        {
            string value = values is [T one] ? one.ToString(null, CultureInfo.InvariantCulture) : $"an array of {values.Length}";
            return Refused($"{name} is {value}; expected {expected}");
        }

        NpyArray<long> Longs(string name) => Added(name, reader.ReadInt64(name));

        NpyArray<double> Doubles(string name) => Added(name, reader.ReadDoubles(name));

        string Text(string name)
        {
            NpyArray<int> units = reader.ReadInt32(name);
            int at = Array.FindIndex(units.Data, unit => unit is < 0 or > byte.MaxValue);
            if (at >= 0) throw Refused($"{name}[{at}] is {units.Data[at]}; expected the bytes of a text, 0 to 255");
            if (name != Sum) Added(name, units);
            return Encoding.UTF8.GetString([.. units.Data.Select(unit => (byte)unit)]);
        }

        NpyArray<T> Added<T>(string name, NpyArray<T> array)
            where T : unmanaged
        {
            sum.Add<T>(name, array.Data, array.Shape);
            return array;
        }
    }

    /// <summary>Puts leaders where they were.</summary>
    /// <param name="leader">The same leaders, made anew.</param>
    /// <exception cref="InvalidInputException">These are others.</exception>
    public void Restore(Leader leader)
    {
        ArgumentNullException.ThrowIfNull(leader);
        Engine engine = leader.Instances.Engine;
        (string Name, DeviceArray Array)[] state = [.. leader.State];
        if (_state.Keys.Except(state.Select(entry => entry.Name)).FirstOrDefault() is string other)
        {
            string names = string.Join(", ", state.Select(entry => entry.Name));
            throw Refused($"{OneLine.Value(other)} is no part of this run's state; expected {names}");
        }

        foreach ((string name, DeviceArray array) in state)
        {
            int count = CountOf(engine, array);
            if (!_state.TryGetValue(name, out NpyArray<double>? values))
                throw Refused($"{name}: no such array; expected this run's state");
            string shape = string.Join(", ", values.Shape);
            if (!values.Shape.AsSpan().SequenceEqual([count, array.Length]))
                throw Refused($"{name} has shape ({shape}); expected ({count}, {array.Length}), as the folder's configuration says");
            for (int i = 0; i < count; i++) engine.Upload(array, i, values.Data.AsSpan(i * array.Length, array.Length));
        }

        IReadOnlyList<LeaderSetting> settings = leader.Settings;
        bool areThere = _diverged.All(d => d.Leader >= 0 && d.Leader < settings.Count && d.Iteration >= 0 && d.Iteration <= Head.Iteration);
        if (!areThere || _diverged.DistinctBy(d => d.Leader).Count() != _diverged.Length)
        {
            throw Refused(
                $"{Diverged} does not name leaders of 0 to {settings.Count - 1}, at iterations of 0 to {Head.Iteration}; " +
                "expected the checkpoint of this run");
        }

        leader.ResumeAt(
            Head.Iteration,
            _diverged.Select(d => new LeaderDivergence((int)d.Leader, settings[(int)d.Leader], d.Iteration, d.Cause)));
    }

    private InvalidInputException Refused(string what) => new($"{_path}: {what}");

    private static int CountOf(Engine engine, DeviceArray array) => array.Kind == ArrayKind.Parameter ? engine.Leaders : engine.Instances;
}
