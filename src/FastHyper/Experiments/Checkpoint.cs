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
            for (int i = 0; i < count; i++) engine.Download(array, i, values.AsSpan(i * array.Length, array.Length));
            writer.Write(name, values.AsSpan(), count, array.Length);
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

        leader.ResumeAt((long)reader.ReadScalar("iteration"));
        return reader.ReadScalar("seconds");
    }
}
