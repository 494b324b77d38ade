using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Files;
using FastHyper.Problems;
using FastHyper.Problems.Files;
using FastHyper.Problems.Games;
using FastHyper.Problems.Worlds;
using FastHyper.Tests.Cli;
using FastHyper.Tests.Experiments;

namespace FastHyper.Tests.Problems;

/// <summary>Probabilities that do not quite sum to one: kept, mended or refused, and told of.</summary>
public sealed class DistributionTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0.0)]
    [InlineData(1e-15)]
    [InlineData(9e-10)]
    [InlineData(-1e-15)]
    [InlineData(-1e-7)]
    [InlineData(-0.25)]
    public void RowsThatAreWithinRoundingOrEndTheEpisodeStayAsTheyAre(double excess)
    {
        double[] values = [0.5, 0.5 + excess, 1];
        Transitions transitions = new(2, 1, new SparseMatrix(2, [0, 2, 3], [0, 1, 1], values));
        Assert.Same(values, transitions.Matrix.Values);
        Assert.Equal([0.5, 0.5 + excess, 1], values);
        Assert.Null(transitions.Mended);
        Assert.Empty(Linear(transitions).Notices);
    }

    [Theory]
    [InlineData(1.1e-9)]
    [InlineData(1e-7)]
    [InlineData(1e-6)]
    public void RowsALittleAboveOneAreDividedByTheirSums(double excess)
    {
        double[] values = [1, 0.5, 0.5 + excess];
        Transitions transitions = new(2, 1, new SparseMatrix(2, [0, 1, 3], [1, 0, 1], values));
        double sum = 0.5 + (0.5 + excess);
        Assert.Equal([1, 0.5, 0.5 + excess], values);
        Assert.Equal([1, 0.5 / sum, (0.5 + excess) / sum], transitions.Matrix.Values);
        Assert.Equal(new MendedRows(1, 1, sum, sum), transitions.Mended);
        Assert.True(transitions.RowsSumToOne);
        Assert.Equal(
            [$"small: transitions of row 1 (state 1, action 0) sum to {sum:R}; they were divided by their sum"],
            Linear(transitions).Notices);
    }

    [Fact]
    public void RowsFurtherAboveOneAreRefusedWithWhatMendsThem() => Assert.Equal(
        "transitions: data of row 1 (state 1, action 0) sums to 1.25; expected at most 1 (to mend it, divide each row by its sum)",
        Assert.Throws<InvalidInputException>(() => new Transitions(2, 1, new SparseMatrix(2, [0, 1, 3], [1, 0, 1], [1, 0.5, 0.75])))
            .Message);

    [Fact]
    public void ARowJustBeyondIsRefused() =>
        Assert.Throws<InvalidInputException>(() => new Transitions(2, 1, new SparseMatrix(2, [0, 1, 2], [1, 0], [1, 1.0000011])));

    [Fact]
    public void FunctionsOfRowsAreMendedAlike()
    {
        double[][] rows = [[0.5, 0.5], [0.5, 0.5000004], [0.4, 0.6000006], [0.5, 0.25]];
        Transitions written = Transitions.FromRows(2, 2, 2, (s, a, columns, values) =>
        {
            (columns[0], columns[1]) = (0, 1);
            rows[(2 * s) + a].CopyTo(values);
            return 2;
        });
        Transitions given = new(2, 2, new SparseMatrix(2, [0, 2, 4, 6, 8], [0, 1, 0, 1, 0, 1, 0, 1], [.. rows.SelectMany(row => row)]));
        Assert.Equal(new MendedRows(2, 1, 1.0000004, 1.0000006), written.Mended! with { LeastSum = 1.0000004, LargestSum = 1.0000006 });
        Assert.Equal(given.Mended, written.Mended);
        Assert.Equal(given.Matrix.Values, written.Matrix.Values);
        Assert.Equal(given.MaxRowSum, written.MaxRowSum);
    }

    [Fact]
    public void ManyBlocksOfWrittenRowsAreCountedOnce()
    {
        Transitions transitions = Transitions.FromRows(10_000, 1, 1, (s, _, columns, values) =>
        {
            (columns[0], values[0]) = (0, s % 2 == 0 || s < 3000 ? 1 : 1.0000005);
            return 1;
        });
        Assert.Equal(new MendedRows(3500, 3001, 1.0000005, 1.0000005), transitions.Mended);
        double[] row = new double[1];
        Assert.Equal(1, transitions.CopyRow(3001, 0, new int[1], row));
        Assert.Equal([1.0], row);
    }

    [Theory]
    [InlineData(-1e-7, true)]
    [InlineData(1e-7, true)]
    [InlineData(-1e-10, false)]
    [InlineData(-2e-6, false)]
    public void RowsRoundedToFloat32AreMendedWhereTheyFallShort(double excess, bool mended)
    {
        Transitions transitions = new(1, 1, new SparseMatrix(1, [0, 1], [0], [1 + excess]), Precision.F32);
        Assert.Equal(mended ? 1.0 : 1 + excess, transitions.Matrix.Values[0]);
        Assert.Equal(mended, transitions.Mended is not null);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-9e-10)]
    [InlineData(9e-10)]
    public void InitialDistributionsWithinRoundingStayAsTheyAre(double excess)
    {
        double[] initial = [0.25, 0.75 + excess];
        IncentiveProblem problem = Linear(Two(), initial);
        Assert.Empty(problem.Notices);
        Assert.Equal(initial, InitialOf(problem));
    }

    [Theory]
    [InlineData(-1e-6)]
    [InlineData(-1e-8)]
    [InlineData(1e-7)]
    [InlineData(1e-6)]
    public void InitialDistributionsALittleOffAreDividedByTheirSum(double excess)
    {
        double sum = 0.25 + (0.75 + excess);
        string expected = $"small: initial sums to {sum:R}; it was divided by its sum";
        foreach (
            FiniteProblem problem in new Problem[]
            {
                Linear(Two(), [0.25, 0.75 + excess]), Game([0.25, 0.75 + excess]), new Own([0.25, 0.75 + excess]),
            })
        {
            Assert.Equal([expected], problem.Notices);
            Assert.Equal([0.25 / sum, (0.75 + excess) / sum], InitialOf(problem));
        }
    }

    [Theory]
    [InlineData(-2e-6)]
    [InlineData(0.5)]
    public void InitialDistributionsFurtherOffAreRefusedWithWhatMendsThem(double excess)
    {
        string expected = $"small: initial[0..1] sums to {0.25 + (0.75 + excess)}; expected 1 (to mend it, divide it by its sum)";
        Assert.Equal(expected, Refusal(() => Linear(Two(), [0.25, 0.75 + excess])));
        Assert.Equal(expected, Refusal(() => Game([0.25, 0.75 + excess])));
        Assert.Equal(expected, Refusal(() => new Own([0.25, 0.75 + excess])));
    }

    [Theory]
    [InlineData(1, 0.9, "gamma")]
    [InlineData(0.9, 1, "gamma_leader")]
    [InlineData(1, 1, "gamma")]
    public void EpisodesThatEndVerySeldomAreToldOfWithoutDiscount(double gamma, double gammaLeader, string name)
    {
        Transitions transitions = new(2, 2, new SparseMatrix(2, [0, 1, 2, 3, 4], [0, 1, 0, 1], [1, 1 - 2e-5, 1 - 1e-3, 1 - 5e-9]));
        Assert.Equal(
            [$"small: {name} = 1, and 2 rows fall short of one by less than 0.0001, first row 1 (state 0, action 1) by 2E-05; where "
                + "episodes end so seldom values lose their digits"],
            Linear(transitions, gamma: gamma, gammaLeader: gammaLeader).Notices);
        Assert.Empty(Linear(transitions).Notices);
    }

    [Fact]
    public void EpisodesThatEndAtTimesAreNothingToTell() =>
        Assert.Empty(Linear(new(2, 1, new SparseMatrix(2, [0, 1, 2], [1, 0], [1, 1 - 1e-3])), gamma: 1).Notices);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AFileOfFloat32IsRead(bool dense)
    {
        // Thirds and sevenths, whose float32 neighbours do not sum to one.
        float[] rows = [1f / 3, 1f / 3, 1f / 3, 3f / 7, 3f / 7, 1f / 7, 0.1f, 0.2f, 0.7f];
        using (NpzWriter writer = NpzWriter.Create(_folder["f.npz"]))
        {
            if (dense)
            {
                writer.Write("P", rows, 3, 1, 3);
            }
            else
            {
                writer.Write("indptr", [0L, 3, 6, 9], 4);
                writer.Write("indices", [0, 1, 2, 0, 1, 2, 0, 1, 2], 9);
                writer.Write("data", rows, 9);
            }

            foreach (string name in (string[])["reward", "leader_reward"]) writer.Write(name, [1f, 2f, 0.1f], 3, 1);
            writer.Write("features", [1f, 0f, 0.1f], 3, 1, 1);
            writer.Write("initial", [1f / 3, 1f / 3, 1f / 3], 3);
            foreach (string name in (string[])["gamma", "gamma_leader", "temperature"]) writer.Write(name, [0.5f]);
            writer.Write("x", [0.1f], 1);
            writer.Commit();
        }

        ProblemData data = ProblemFile.Load(_folder["f.npz"]);
        Assert.True(data.Transitions.RowsSumToOne);
        Assert.Equal([(double)(1f / 3), 1f / 3, 1f / 3], data.Initial);
        Assert.Equal(0.1f, data.Reward[2]);
        double[] values = data.Transitions.Matrix.Values;
        double sum = (double)0.1f + 0.2f + 0.7f;
        Assert.Equal([0.1f / sum, 0.2f / sum, 0.7f / sum], values[6..]);

        string[] notices = [.. LinearProblem.Load(_folder["f.npz"]).Notices];
        Assert.Equal(2, notices.Length);
        Assert.Matches(
            @"^f: transitions of 3 rows, first row 0 \(state 0, action 0\), sum to 0\.99999\d* to 1\.00000\d*; "
                + "they were divided by their sums$",
            notices[0]);
        Assert.Matches(@"^f: initial sums to 1\.00000\d*; it was divided by its sum$", notices[1]);
    }

    [Fact]
    public void TheCommandLineTellsOfWhatWasMended()
    {
        ProblemData data = ProblemFile.Load(Golden.Problem("random-30x4"));
        double[] values = [.. data.Transitions.Matrix.Values];
        values[0] += 5e-7;
        SparseMatrix matrix = data.Transitions.Matrix;
        using (NpzWriter writer = NpzWriter.Create(_folder["m.npz"]))
        {
            ProblemFile.WriteMatrix(writer, "", new SparseMatrix(30, matrix.Offsets, matrix.Columns, values));
            ProblemFile.WriteMatrix(writer, "features_", data.Features!);
            writer.Write("reward", data.Reward, 30, 4);
            writer.Write("leader_reward", data.LeaderReward, 30, 4);
            writer.Write("initial", data.Initial, 30);
            writer.WriteScalar("gamma", data.Gamma);
            writer.WriteScalar("gamma_leader", data.GammaLeader);
            writer.WriteScalar("temperature", data.Temperature);
            writer.Commit();
        }

        foreach (string[] command in (string[][])
        [
            ["solve", _folder["m.npz"], "--out", _folder["s.npz"]], ["gradient", _folder["m.npz"], "--out", _folder["g.npz"]],
            ["check-gradient", _folder["m.npz"]],
            ["run", _folder["m.npz"], "--estimator", "exact", "--iterations", "1", "--seeds", "1", "--out", _folder["run"]],
        ])
        {
            CliResult result = FastHyper.Tests.Cli.Cli.Run(command);
            Assert.Equal(0, result.ExitCode);
            Assert.Matches(
                @"(?m)^fasthyper: m: transitions of row 0 \(state 0, action 0\) sum to 1\.000000\d+; they were divided by their sum$",
                result.Error);
        }
    }

    [Fact]
    public void ContextsAreMendedOneByOne()
    {
        IncentiveContext Context(double[] initial, double[]? transitions = null) =>
            new(0.5, new AffineMap([0, 0], null), new AffineMap([0, 0], null), initial, transitions);
        IncentiveProblem problem = new(
            "small", Two(), 0, new LinkMap(LinkKind.Identity), [Context([0.5, 0.5000001]), Context([1, 0], [1, 1.0000005])], (_, _) =>
                { }, 0.9, 0.9, 1);
        Assert.Equal(
            [
                $"small: context 0: initial sums to {0.5 + 0.5000001:R}; it was divided by its sum",
                "small: context 1: transitions of row 1 (state 1, action 0) sum to 1.0000005; they were divided by their sum",
            ],
            problem.Notices);
        Assert.StartsWith(
            "small: context 1: transitions: data of row 0 (state 0, action 0) sums to 1.5; expected at most 1",
            Refusal(() => new IncentiveProblem(
            "small", Two(), 0, new LinkMap(LinkKind.Identity), [Context([1, 0]), Context([1, 0], [1.5, 1])], (_, _) => { }, 0.9, 0.9, 1)));
        Assert.StartsWith("small: context 1: 3 probabilities; expected 2, one a stored transition", Refusal(() => new IncentiveProblem(
            "small", Two(), 0, new LinkMap(LinkKind.Identity), [Context([1, 0]), Context([1, 0], [1, 1, 1])], (_, _) => { }, 0.9, 0.9, 1)));
    }

    private static Transitions Two() => new(2, 1, new SparseMatrix(2, [0, 1, 2], [1, 0], [1, 1]));

    private static IncentiveProblem Linear(Transitions transitions, double[]? initial = null, double gamma = 0.9, double gammaLeader = 0.9)
    {
        int rows = transitions.States * transitions.Actions;
        return LinearProblem.Create("small", new ProblemData
        {
            Transitions = transitions,
            Reward = new double[rows],
            LeaderReward = new double[rows],
            Initial = initial ?? [.. Enumerable.Range(0, transitions.States).Select(s => s == 0 ? 1.0 : 0)],
            Gamma = gamma,
            GammaLeader = gammaLeader,
            Temperature = 1,
            X = [],
        });
    }

    private static MarkovGame Game(double[] initial) => new("small", new GameData
    {
        Transitions = Two(),
        LeaderActions = 1,
        Followers = [new GameFollower([0, 0], [0, 0])],
        Initial = initial,
        Gamma = 0.9,
        GammaLeader = 0.9,
        Temperature = 1,
    });

    private static double[] InitialOf(FiniteProblem problem)
    {
        using CpuBackend backend = new(1);
        using Mdp mdp = new(problem, backend);
        mdp.Initialise([1]);
        mdp.Configure();
        double[] initial = new double[mdp.Engine.States];
        mdp.Engine.Download(mdp.Initial, 0, initial);
        return initial;
    }

    private static string Refusal(Func<FiniteProblem> make) => Assert.Throws<InvalidInputException>(make).Message;

    private sealed class Own(double[] initial) : CustomProblem("small", Two(), initial, [0.0], 0.9, 0.9, 1)
    {
        public override void Configure(ReadOnlySpan<double> x, int context, MdpSpans mdp)
        {
            mdp.Reward.Clear();
            mdp.LeaderReward.Clear();
        }

        public override void Pullback(ReadOnlySpan<double> x, int context, CotangentSpans cotangents, Span<double> gradient) { }
    }
}
