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
    public static void Save(string path, Leader leader, ObjectiveEvaluator evaluator, double seconds)
    {
        using NpzWriter writer = NpzWriter.Create(path);
        writer.WriteScalar("iteration", leader.Iteration);
        writer.WriteScalar("seconds", seconds);
        foreach ((string name, Engine engine, DeviceArray array) in Arrays(leader, evaluator))
        {
            int count = array.Kind == ArrayKind.Parameter ? engine.Leaders : engine.Instances;
            double[] values = new double[checked(count * array.Length)];
            for (int i = 0; i < count; i++) engine.Download(array, i, values.AsSpan(i * array.Length, array.Length));
            writer.Write(name, values.AsSpan(), count, array.Length);
        }

        writer.Commit();
    }

    /// <returns>Seconds that the run had taken.</returns>
    public static double Restore(string path, Leader leader, ObjectiveEvaluator evaluator)
    {
        using NpzReader reader = NpzReader.Open(path);
        foreach ((string name, Engine engine, DeviceArray array) in Arrays(leader, evaluator))
        {
            int count = array.Kind == ArrayKind.Parameter ? engine.Leaders : engine.Instances;
            NpyArray<double> values = reader.ReadDoubles(name);
            if (!values.Shape.AsSpan().SequenceEqual([count, array.Length]))
                throw new InvalidInputException($"{path}: {name} has shape ({string.Join(", ", values.Shape)}); expected ({count}, {array.Length}), as the folder's configuration says");
            for (int i = 0; i < count; i++) engine.Upload(array, i, values.Data.AsSpan(i * array.Length, array.Length));
        }

        leader.ResumeAt((long)reader.ReadScalar("iteration"));
        return reader.ReadScalar("seconds");
    }

    private static IEnumerable<(string Name, Engine Engine, DeviceArray Array)> Arrays(Leader leader, ObjectiveEvaluator evaluator) =>
        leader.State.Select(item => ("leader_" + item.Name, leader.Mdp.Engine, item.Array))
            .Concat(evaluator.State.Select(item => ("evaluator_" + item.Name, evaluator.Mdp.Engine, item.Array)));
}
