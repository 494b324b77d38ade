using FastHyper.Backends;
using FastHyper.Files;
using FastHyper.Problems;
using FastHyper.Problems.Files;
using FastHyper.Tests.Cli;
using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Problems;

public sealed class ValueFeatureFileTests : IDisposable
{
    private static readonly double[] s_pairs = [.. Enumerable.Range(0, 30 * 4 * 3).Select(k => Math.Sin(k))];
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("dense")]
    [InlineData("sparse")]
    [InlineData("states")]
    public void WhatIsSavedIsReadBack(string kind)
    {
        SparseMatrix sparse = new(
            3, [.. Enumerable.Range(0, 121).Select(row => (long)row)], [.. Enumerable.Range(0, 120).Select(row => row % 3)],
            s_pairs[..120]);
        double[] weights = [.. Enumerable.Range(0, 120).Select(row => row % 7)];
        FeatureRows features = kind switch
        {
            "dense" => FeatureRows.OfPairs(30, 4, s_pairs),
            "sparse" => FeatureRows.OfPairs(30, 4, sparse),
            _ => FeatureRows.OfStates(30, 4, s_pairs[..60]),
        };
        ProblemFile.Save(_folder["p.npz"], Data() with { ValueFeatures = features.Fitted(weights, 0.25) });
        FeatureRows read = Assert.IsType<FeatureRows>(ProblemFile.Load(_folder["p.npz"]).ValueFeatures);
        Assert.Equal((features.Width, features.IsPerAction, 0.25), (read.Width, read.IsPerAction, read.Ridge));
        Assert.Equal(weights, read.Weights);
        Assert.Equal(features.Dense, read.Dense);
        Assert.Equal(features.Sparse?.Columns, read.Sparse?.Columns);
        Assert.Equal(features.Sparse?.Values, read.Sparse?.Values);
    }

    [Fact]
    public void WhatIsWrongIsNamed()
    {
        Refused(
            "value_features: shape (30, 3, 3); expected (30, 4, features)",
            writer => writer.Write("value_features", s_pairs.AsSpan(0, 270), 30, 3, 3));
        Refused(
            "value_features: no features; expected at least one",
            writer => writer.Write("value_features", ReadOnlySpan<double>.Empty, 30, 4, 0));
        Refused(
            "value_features[0, 1, 2] = NaN; expected a finite number",
            writer => writer.Write("value_features", (double[])[.. s_pairs[..5], double.NaN, .. s_pairs[6..]], 30, 4, 3));
        Refused(
            "state_features: shape (29, 2); expected (30, features)",
            writer => writer.Write("state_features", s_pairs.AsSpan(0, 58), 29, 2));
        Refused("value_weights: shape (4, 30); expected (30, 4)", writer =>
        {
            Features(writer);
            writer.Write("value_weights", s_pairs.AsSpan(0, 120), 4, 30);
        });
        Refused("value_weights[0, 3] = -1; expected a finite number of at least 0", writer =>
        {
            Features(writer);
            writer.Write("value_weights", (double[])[1, 1, 1, -1, .. new double[116]], 30, 4);
        });
        Refused("ridge = -1; expected a finite number of at least 0", writer =>
        {
            Features(writer);
            writer.WriteScalar("ridge", -1.0);
        });
        Refused("ridge: there without features of values", writer => writer.WriteScalar("ridge", 1.0));
        Refused("state_features: there beside value_features; expected one of them", writer =>
        {
            Features(writer);
            writer.Write("state_features", s_pairs.AsSpan(0, 60), 30, 2);
        });
        Refused("value_features_columns: missing, though value_features_indptr is there", Sparse);
        Refused("value_features_columns: 0; expected an integer of at least 1", writer =>
        {
            Sparse(writer);
            writer.WriteScalar("value_features_columns", 0.0);
        });
        Refused("value_features_columns: there without value_features_indptr", writer =>
        {
            Features(writer);
            writer.WriteScalar("value_features_columns", 3.0);
        });

        static void Features(NpzWriter writer) => writer.Write("value_features", s_pairs, 30, 4, 3);

        static void Sparse(NpzWriter writer)
        {
            writer.Write("value_features_indptr", new long[121], 121);
            writer.Write("value_features_indices", ReadOnlySpan<int>.Empty, 0);
            writer.Write("value_features_data", ReadOnlySpan<double>.Empty, 0);
        }
    }

    [Theory]
    [InlineData("linear-dense-40x4")]
    [InlineData("linear-per-action-150x3")]
    [InlineData("linear-aggregation-120x4")]
    public void TheCommandsGiveTheGoldenAnswers(string name)
    {
        CliResult solved = Tests.Cli.Cli.Run("solve", Golden.Problem(name), "--out", _folder["s.npz"]);
        Assert.Equal((0, ""), (
            solved.ExitCode,
                string.Concat(solved.Error.Split('\n').Where(line => line.StartsWith("fasthyper", StringComparison.Ordinal)))));
        foreach (string array in (string[])["w", "V", "Q", "policy"])
            Golden.AssertClose(Golden.Answer(name, array), Golden.Read(_folder["s.npz"], array), 1e-9);
        Assert.True(Golden.Read(_folder["s.npz"], "bellman_residual").Data.Single() > 1e-3);
        Assert.Contains("features: Bellman residual", solved.Output);
        Assert.Equal(0, Tests.Cli.Cli.Run("gradient", Golden.Problem(name), "--out", _folder["g.npz"]).ExitCode);
        foreach (string array in (string[])["objective", "direct", "response", "gradient"])
            Golden.AssertClose(Golden.Answer(name, array), Golden.Read(_folder["g.npz"], array), 1e-9);
        Assert.Equal(0, Tests.Cli.Cli.Run("check-gradient", Golden.Problem(name)).ExitCode);
    }

    private static ProblemData Data() => ProblemFile.Load(Golden.Problem("random-30x4"));

    /// <summary>A sound problem with other arrays is refused, in one line that says so.</summary>
    private void Refused(string what, Action<NpzWriter> write)
    {
        string path = _folder["bad.npz"];
        using (NpzReader reader = NpzReader.Open(Golden.Problem("random-30x4")))
        using (NpzWriter writer = NpzWriter.Create(path))
        {
            foreach (string name in reader.Names)
            {
                NpyHeader header = reader.ReadHeader(name);
                switch (header.Type)
                {
                    case NpyType.Int64: writer.Write(name, reader.ReadInt64(name).Data.AsSpan(), header.Shape); break;
                    case NpyType.Int32: writer.Write(name, reader.ReadInt32(name).Data.AsSpan(), header.Shape); break;
                    default: writer.Write(name, reader.ReadDoubles(name).Data.AsSpan(), header.Shape); break;
                }
            }

            write(writer);
            writer.Commit();
        }

        string message = Assert.Throws<InvalidInputException>(() => ProblemFile.Load(path)).Message;
        Assert.Contains(what, message);
        Assert.DoesNotContain('\n', message);
    }
}
