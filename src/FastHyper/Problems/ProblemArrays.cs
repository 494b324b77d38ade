using FastHyper.Backends;
using FastHyper.Files;

namespace FastHyper.Problems;

/// <summary>The arrays of a problem file, checked against each other: shapes from the headers, matrices from three arrays each.</summary>
internal sealed class ProblemArrays(NpzReader reader, string file)
{
    public void RequireRowShapes(string prefix, int rows, string each = "states x actions")
    {
        RequireShape(prefix + "indptr", $"{each} + 1", rows + 1);
        int entries = RequireRank1(prefix + "indices");
        RequireShape(prefix + "data", $"as many as {prefix}indices", entries);
    }

    public void RequireShape(string name, string meaning, params ReadOnlySpan<int> expected)
    {
        int[] shape = reader.ReadHeader(name).Shape;
        if (!expected.SequenceEqual(shape))
            throw Refuse(name, $"shape {NpyHeader.ShapeText(shape)}", $"{NpyHeader.ShapeText(expected)}, {meaning}");
    }

    public int RequireRank1(string name)
    {
        int[] shape = reader.ReadHeader(name).Shape;
        return shape.Length == 1 ? shape[0] : throw Refuse(name, $"shape {NpyHeader.ShapeText(shape)}", "one axis");
    }

    public bool HasGroup(string prefix)
    {
        string[] names = [prefix + "indptr", prefix + "indices", prefix + "data"];
        string? present = names.FirstOrDefault(reader.Contains), absent = names.FirstOrDefault(name => !reader.Contains(name));
        if (present is not null && absent is not null) throw Refuse(absent, $"missing, though {present} is there", "all three or none");
        return present is not null;
    }

    public Transitions ReadTransitions(int states, int actions, string prefix = "") => ToTransitions(states, actions, ReadRows(prefix).ToMatrix(file, states));

    /// <summary>Transitions of a matrix that nobody else has.</summary>
    public Transitions ToTransitions(int states, int actions, SparseMatrix matrix)
    {
        try
        {
            return new Transitions(states, actions, matrix) { KeepsMatrix = false };
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException($"{file}: {e.Message}", e);
        }
    }

    public MatrixRows ReadRows(string prefix) => new(
        prefix, reader.ReadInt64(prefix + "indptr").Data, reader.ReadInt32(prefix + "indices").Data, reader.ReadDoubles(prefix + "data").Data);

    public InvalidInputException Refuse(string item, string found, string expected) => new($"{file}: {item}: {found}; expected {expected}");
}
