using FastHyper.Experiments;
using FastHyper.Files;

namespace FastHyper.Tests.Support;

/// <summary>Checkpoints as an editor of .npz files leaves them.</summary>
internal static class StoredArrays
{
    /// <summary>Writes an array of a checkpoint anew, in float64.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="name">Which array.</param>
    /// <param name="seal">Whether the checkpoint's sum of its arrays is put right, too.</param>
    /// <param name="values">The numbers, in the shape that they had where there are as many.</param>
    public static void Edit(string path, string name, bool seal, params double[] values)
    {
        ArraysDigest sum = new();
        using NpzReader reader = NpzReader.Open(path);
        using NpzWriter writer = NpzWriter.Create(path);
        foreach (string each in reader.Names)
        {
            NpyHeader header = reader.ReadHeader(each);
            if (each == "sha256") continue;
            bool isWhole = seal && values.All(double.IsInteger) && header.Type == NpyType.Int64;
            if (each == name && isWhole) Write<long>(each, [.. values.Select(value => (long)value)], header.Shape);
            else if (each == name) Write<double>(each, values, values.Length == header.Count ? header.Shape : [values.Length]);
            else if (header.Type == NpyType.Int64) Write<long>(each, reader.ReadInt64(each).Data, header.Shape);
            else if (header.Type == NpyType.Int32) Write<int>(each, reader.ReadInt32(each).Data, header.Shape);
            else Write<double>(each, reader.ReadDoubles(each).Data, header.Shape);
        }

        int[] digits = seal ? [.. sum.ToString().Select(digit => (int)digit)] : reader.ReadInt32("sha256").Data;
        writer.Write("sha256", digits.AsSpan(), digits.Length);
        writer.Commit();

        void Write<T>(string array, T[] data, int[] shape)
            where T : unmanaged
        {
            sum.Add<T>(array, data, shape);
            switch (data)
            {
                case long[] longs: writer.Write(array, longs.AsSpan(), shape); break;
                case int[] ints: writer.Write(array, ints.AsSpan(), shape); break;
                case double[] doubles: writer.Write(array, doubles.AsSpan(), shape); break;
            }
        }
    }
}
