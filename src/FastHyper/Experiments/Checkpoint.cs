using System.Text;
using FastHyper.Backends;
using FastHyper.Files;
using FastHyper.Leaders;

namespace FastHyper.Experiments;

/// <summary>
/// checkpoint.npz: all that the rest of a run depends on, so that a resumed run ends with the bits of an uninterrupted
/// one. Each device array is stored in float64, (instances or leaders, length).
/// </summary>
internal static class Checkpoint
{
    // Leader and iteration of each divergence; and the UTF-8 bytes of their causes, a line each. Both are there where there was any.
    private const string Diverged = "diverged";
    private const string Causes = "diverged_causes";

    public static void Save(string path, Leader leader, double seconds)
    {
        using NpzWriter writer = NpzWriter.Create(path);
        writer.WriteScalar("iteration", leader.Iteration);
        writer.WriteScalar("seconds", seconds);
        Engine engine = leader.Mdp.Engine;
        foreach ((string name, DeviceArray array) in leader.State)
        {
            int count = array.Kind == ArrayKind.Parameter ? engine.Leaders : engine.Instances;
            double[] values = new double[checked(count * array.Length)];
            for (int i = 0; i < count; i++)
            {
                Span<double> one = values.AsSpan(i * array.Length, array.Length);
                if (array == leader.Mdp.X) leader.Parameters(i).CopyTo(one);
                else engine.Download(array, i, one);
            }

            writer.Write(name, values.AsSpan(), count, array.Length);
        }

        if (leader.Diverged.Count > 0)
        {
            long[] when = [.. leader.Diverged.SelectMany(divergence => (long[])[divergence.Leader, divergence.Iteration])];
            int[] causes = [.. Encoding.UTF8.GetBytes(string.Join('\n', leader.Diverged.Select(divergence => divergence.Cause.ReplaceLineEndings(" "))))];
            writer.Write(Diverged, when.AsSpan(), leader.Diverged.Count, 2);
            writer.Write(Causes, causes.AsSpan(), causes.Length);
        }

        writer.Commit();
    }

    /// <returns>Seconds that the run had taken.</returns>
    public static double Restore(string path, Leader leader)
    {
        using NpzReader reader = NpzReader.Open(path);
        Engine engine = leader.Mdp.Engine;
        foreach ((string name, DeviceArray array) in leader.State)
        {
            int count = array.Kind == ArrayKind.Parameter ? engine.Leaders : engine.Instances;
            NpyArray<double> values = reader.ReadDoubles(name);
            if (!values.Shape.AsSpan().SequenceEqual([count, array.Length]))
                throw new InvalidInputException($"{path}: {name} has shape ({string.Join(", ", values.Shape)}); expected ({count}, {array.Length}), as the folder's configuration says");
            for (int i = 0; i < count; i++) engine.Upload(array, i, values.Data.AsSpan(i * array.Length, array.Length));
        }

        leader.ResumeAt((long)reader.ReadScalar("iteration"), ReadDiverged(path, reader, leader.Settings));
        return reader.ReadScalar("seconds");
    }

    private static IEnumerable<LeaderDivergence> ReadDiverged(string path, NpzReader reader, IReadOnlyList<LeaderSetting> settings)
    {
        if (!reader.Contains(Diverged)) return [];
        (long Leader, long Iteration)[] when = [.. reader.ReadInt64(Diverged).Data.Chunk(2).Select(pair => (pair[0], pair[^1]))];
        string[] causes = Encoding.UTF8.GetString([.. reader.ReadInt32(Causes).Data.Select(unit => (byte)unit)]).Split('\n');
        if (causes.Length != when.Length || when.Any(pair => pair.Leader < 0 || pair.Leader >= settings.Count) || when.DistinctBy(pair => pair.Leader).Count() != when.Length)
            throw new InvalidInputException($"{path}: {Diverged} does not name leaders of 0 to {settings.Count - 1}, with a cause each; expected the checkpoint of this run");
        return when.Zip(causes, (pair, cause) => new LeaderDivergence((int)pair.Leader, settings[(int)pair.Leader], pair.Iteration, cause));
    }
}
