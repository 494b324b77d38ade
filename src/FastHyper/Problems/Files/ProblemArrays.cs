using FastHyper.Backends;
using FastHyper.Files;

namespace FastHyper.Problems.Files;

/// <summary>The arrays of a problem file, checked against each other by their headers.</summary>
internal sealed class ProblemArrays(NpzReader reader, string file)
{
    /// <summary>Throws if the file has anything that is not read: nothing is ignored in silence.</summary>
    /// <param name="known">Names of the arrays that are read where they are there.</param>
    /// <param name="others">Names of arrays of other files, which may be meant too.</param>
    public void RequireKnown(IReadOnlyList<string> known, IReadOnlyList<string> others)
    {
        string? unknown = reader.Names.FirstOrDefault(name => !known.Contains(name) && !ResultArrays.Names.Contains(name));
        if (unknown is not null)
            throw Refuse(
                OneLine.Value(unknown), $"unknown array{Names.DidYouMean(unknown, [.. known, .. others])}",
                $"no other than {string.Join(", ", known)}");
        if (reader.OtherEntries.Count > 0) throw Refuse(OneLine.Value(reader.OtherEntries[0]), "not a .npy file", "nothing but arrays");
    }

    public void RequireShape(string name, string meaning, params ReadOnlySpan<int> expected)
    {
        int[] shape = reader.ReadHeader(name).Shape;
        if (!expected.SequenceEqual(shape))
            throw Refuse(name, $"shape {NpyHeader.Shown(shape)}", $"{NpyHeader.Shown(expected)}, {meaning}");
    }

    public int RequireRank1(string name)
    {
        int[] shape = reader.ReadHeader(name).Shape;
        return shape.Length == 1 ? shape[0] : throw Refuse(name, $"shape {NpyHeader.Shown(shape)}", "one axis");
    }

    /// <summary>The matrix that is stored dense under a name or compressed in three arrays; null where it is not there.</summary>
    /// <param name="dense">Name of the dense array.</param>
    /// <param name="prefix">What the names of the three arrays begin with.</param>
    /// <param name="rows">Its rows, in words, and the axes that they are the product of.</param>
    /// <param name="columns">Its columns, in words.</param>
    public StoredMatrix? FindMatrix(string dense, string prefix, (string Each, int[] Axes) rows, string columns)
    {
        string[] names = [prefix + "indptr", prefix + "indices", prefix + "data"];
        string? present = names.FirstOrDefault(reader.Contains), absent = names.FirstOrDefault(name => !reader.Contains(name));
        if (present is not null && reader.Contains(dense)) throw Refuse(dense, $"there beside {present}", "one of them");
        if (present is not null && absent is not null) throw Refuse(absent, $"missing, though {present} is there", "all three or none");
        return present is not null ? RequireCompressed(prefix, rows) : reader.Contains(dense) ? RequireDense(dense, rows, columns) : null;
    }

    /// <summary>The matrix that is stored in three arrays.</summary>
    /// <param name="prefix">What their names begin with.</param>
    /// <param name="rows">Its rows, in words, and the axes that they are the product of.</param>
    public StoredMatrix RequireCompressed(string prefix, (string Each, int[] Axes) rows)
    {
        int count = Product(rows.Axes);
        RequireShape(prefix + "indptr", $"{rows.Each} + 1", count + 1);
        int entries = RequireRank1(prefix + "indices");
        RequireShape(prefix + "data", $"as many as {prefix}indices", entries);
        return StoredMatrix.Compressed(reader, file, prefix, count);
    }

    /// <summary>The matrix that is stored in one array, its columns on the last axis.</summary>
    /// <param name="name">The array's name.</param>
    /// <param name="rows">Its rows, in words, and the axes that they are the product of.</param>
    /// <param name="columns">Its columns, in words.</param>
    public StoredMatrix RequireDense(string name, (string Each, int[] Axes) rows, string columns)
    {
        int[] shape = reader.ReadHeader(name).Shape;
        if (shape.Length != rows.Axes.Length + 1 || !shape.AsSpan(0, rows.Axes.Length).SequenceEqual(rows.Axes))
            throw Refuse(
                name, $"shape {NpyHeader.Shown(shape)}",
                $"({string.Join(", ", rows.Axes)}, {columns}), {rows.Each.Replace(" x ", ", ", StringComparison.Ordinal)} and {columns}");
        return StoredMatrix.Dense(reader, file, name, Product(rows.Axes));
    }

    /// <summary>Reads a vector that has been found to have the right length.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="columns">Length of its last axis, where it has two, for messages.</param>
    public double[] ReadVector(string name, int columns = 0)
    {
        double[] values = reader.ReadDoubles(name).Data;
        ProblemCheck.RequireVector(file, name, values, values.Length, columns);
        return values;
    }

    /// <summary>Reads the discounts, the leader's by default the follower's, and the temperature.</summary>
    public (double Gamma, double GammaLeader, double Temperature) ReadScalars()
    {
        double gamma = reader.ReadScalar("gamma"), temperature = reader.ReadScalar("temperature");
        double gammaLeader = reader.Contains("gamma_leader") ? reader.ReadScalar("gamma_leader") : gamma;
        ProblemCheck.RequireScalars(file, gamma, gammaLeader, temperature);
        return (gamma, gammaLeader, temperature);
    }

    /// <summary>Reads the initial distribution, by default the uniform one.</summary>
    public double[] ReadInitial(int states)
    {
        if (!reader.Contains("initial")) return Distributions.Uniform(states);
        double[] initial = ReadVector("initial");
        ProblemCheck.RequireInitial(file, initial, states);
        return initial;
    }

    /// <summary>Reads transitions, which nobody else has.</summary>
    public Transitions ReadTransitions(int states, int actions, StoredMatrix stored)
    {
        SparseMatrix matrix = stored.Read(states);
        try
        {
            return new Transitions(states, actions, matrix, stored.StoredIn) { KeepsMatrix = false };
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException($"{file}: {e.Message}", e);
        }
    }

    public InvalidInputException Refuse(string item, string found, string expected) => new($"{file}: {item}: {found}; expected {expected}");

    private static int Product(int[] axes) => axes.Aggregate(1, (product, length) => checked(product * length));
}
