using FastHyper.Backends;
using FastHyper.Files;
using FastHyper.Problems;
using FastHyper.Problems.Files;
using FastHyper.Problems.Games;
using FastHyper.Reference.Arithmetic;
using FastHyper.Reference.Dense;
using FastHyper.Reference.Problems;
using FastHyper.Tests.Support;

namespace FastHyper.Tests.SlowMixing;

/// <summary>What the reference answers are worth: checked numbers, closed forms, and derivatives of their own objective.</summary>
public class ReferenceTests
{
    // A difference in x that changes probabilities by this share.
    private const double Gentle = 1e-8;

    public static TheoryData<string> Families => [.. SlowShape.All.Select(shape => shape.Name)];

    [Theory]
    [InlineData("random-30x4")]
    [InlineData("random-terminating-200x6")]
    [InlineData("random-cold-64x3")]
    public void CheckedProblemsHaveTheirAnswers(string name)
    {
        ProblemData data = ProblemFile.Load($"golden/{name}.npz");
        ReferenceAnswer exact = ReferenceAnswer.Of(data)!;
        using NpzReader answer = NpzReader.Open($"golden/{name}.answer.npz");
        Agrees(answer.ReadDoubles("V").Data, exact.V, "V");
        Agrees(answer.ReadDoubles("policy").Data, exact.Policy, "policy");
        Agrees([answer.ReadScalar("objective")], exact.Objective, "objective");
        Agrees(answer.ReadDoubles("direct").Data, exact.Direct, "direct");
        Agrees(answer.ReadDoubles("response").Data, exact.Response, "response");
        IsTheDifferenceQuotient(data, name);
    }

    [Theory]
    [InlineData("game-6x3x4")]
    [InlineData("game-12x2x5")]
    public void CheckedGamesHaveTheirAnswers(string name)
    {
        GameAnswer exact = GameAnswer.Of(GameFile.Load($"golden/{name}.answer.npz"))!;
        using NpzReader answer = NpzReader.Open($"golden/{name}.answer.npz");
        Agrees([answer.ReadScalar("objective")], exact.Objective, "objective");
        Agrees(answer.ReadDoubles("direct").Data, exact.Direct, "direct");
        Agrees(answer.ReadDoubles("response").Data, exact.Response, "response");
    }

    [Theory, MemberData(nameof(Families))]
    public void TheGradientIsTheDifferenceQuotientInDoubleDouble(string family)
    {
        int seen = 0;
        for (int seed = 1; seen < 3; seed++)
        {
            ProblemData data = SlowProblem.Create(family, seed).Data;
            if (data.Transitions.States <= 12 && IsTheDifferenceQuotient(data, $"{family}:{seed}")) seen++;
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void AGamesGradientIsTheDifferenceQuotientInDoubleDouble(string family)
    {
        int seen = 0;
        for (int seed = 1; seen < 2; seed++)
        {
            GameData game = SlowProblem.Game(family, seed);
            if (game.LeaderActions == 1 || game.Transitions.States > 8) continue;
            GameAnswer exact = GameAnswer.Of(game)!;
            double step = Gentle * ReferenceAnswer.Unit(Precision.F64) / Turn(exact.Policy);
            bool said = IsTheDifferenceQuotient(exact.Direct, exact.Response, exact.Objective, step, $"{family}:{seed}", (p, by) =>
            {
                DoubleDouble[] theta = [.. game.Theta!.Select(DoubleDouble.Of)];
                theta[p] += DoubleDouble.Of(by);
                DoubleDouble[] f = SoftProcess<DoubleDouble>.LeaderPolicy(game, theta);
                return ReferenceAnswer.Solve(SoftProcess<DoubleDouble>.Of(game, 0, f), null)!.Objective;
            });
            if (said) seen++;
        }
    }

    [Theory, MemberData(nameof(Families))]
    public void TheDirectPartSumsToTheExpectedLife(string family)
    {
        for (int seed = 1; seed <= 12; seed++)
        {
            ProblemData data = SlowProblem.Create(family, seed).Data;
            if (data.Transitions.States > 60) continue;
            ReferenceAnswer exact = ReferenceAnswer.Of(data)!;
            double life = exact.Direct.Values.Sum() / data.Initial.Sum(), longest = 1 / (1 - data.GammaLeader);
            bool never = data.Transitions.RowsSumToOne;
            // Rows sum to one only within some roundings each.
            bool lives = never ? Math.Abs(life - longest) <= 1e-15 * longest * (10 + longest) : life <= longest * (1 + 1e-12);
            Assert.True(lives, $"{family}:{seed}: {life:R}; expected {longest:R}");
            double[] response = exact.Response.Values;
            if (never && data.Gamma == data.GammaLeader)
                Assert.Equal(0, response.Sum() / (response.Sum(Math.Abs) + (1e-15 * life)), 1e-15 * (10 + longest));
        }
    }

    [Fact]
    public void ClosedFormsAreMet()
    {
        // Equal actions in one state: V = (r + τ log A)/(1 − γ). A deterministic way to the end: J = Σ_t γ_L^t l.
        ReferenceAnswer one = ReferenceAnswer.Of(SmallProblem.Data(3, 0.999999, 0.1, [2, 2, 2], [(0, 1)], [(0, 1)], [(0, 1)]))!;
        DoubleDouble gain = DoubleDouble.Of(2) + (DoubleDouble.Of(0.1) * DoubleDouble.Log(DoubleDouble.Of(3)));
        DoubleDouble expected = gain / (DoubleDouble.Of(1) - DoubleDouble.Of(0.999999));
        Assert.True(Math.Abs((one.Solution.V[0] - expected).Value) <= 1e-20, $"{one.Solution.V[0]}; expected {expected}");
        const int length = 100;
        (int, double)[][] rows = [.. Enumerable.Range(0, length).Select(s => s + 1 < length ? new[] { (s + 1, 1.0) } : [])];
        ProblemData chain = SmallProblem.Data(1, 1, 1e-12, new double[length], rows) with
        {
            GammaLeader = 0.75,
            LeaderReward = [.. Enumerable.Repeat(1.0, length)],
            Initial = [1, .. new double[length - 1]],
        };
        Assert.Equal(4 * (1 - Math.Pow(0.75, length)), ReferenceAnswer.Of(chain)!.Objective.Values[0], 1e-15);
    }

    [Fact]
    public void NoFiniteAnswerIsNone()
    {
        // Where staying is worth nothing, values grow for ever, by less and less: residuals vanish, and only the condition tells.
        Assert.Null(ReferenceAnswer.Of(SmallProblem.StayOrLeave(1, 0.1, 1, 0)));
        Assert.True(ReferenceAnswer.Of(SmallProblem.StayOrLeave(1, 0.1, 0, 0)) is null or { Digits: > 1 });
        Assert.InRange(ReferenceAnswer.Of(SmallProblem.StayOrLeave(1, 0.1, -0.1, 0))!.Digits, 0, 1e-9);
    }

    /// <summary>Inputs off by roundings move the answer by no more than is said, and by so much for some.</summary>
    [Fact]
    public void RoundedInputsMoveTheAnswerWithinItsBounds()
    {
        const double rounding = 1e-12;
        double closest = 0;
        foreach (SlowShape shape in SlowShape.All)
        {
            for (int seed = 1; seed <= 6; seed++)
            {
                ProblemData data = SlowProblem.Create(shape.Name, seed).Data;
                if (data.Transitions.States > 20) continue;
                ReferenceAnswer exact = ReferenceAnswer.Of(data)!;
                if (exact.Digits > 1e-5) continue;
                SoftProcess<DoubleDouble> process = SoftProcess<DoubleDouble>.Of(data);
                SlowDraws draws = new((ulong)seed);
                SoftSolution<DoubleDouble> moved = ReferenceAnswer.Solve(Rounded(process, draws, rounding), ReferenceAnswer.Draft(data))!;
                double share = rounding / ReferenceAnswer.Unit(Precision.F64);
                foreach ((string what, Known known, double[] found) in new[]
                {
                    ("V", exact.V, Values(moved.V)), ("policy", exact.Policy, Values(moved.Policy)),
                    ("J", exact.Objective, [moved.Objective.Value]), ("direct", exact.Direct, Values(moved.VisitedPolicy)),
                    ("response", exact.Response, Values(moved.Response(moved.ReturnCotangent).W)),
                })
                {
                    double[] bounds = [.. known.Each.Select(bound => (share * bound) + (1e-15 * Close.Largest(known.Values)))];
                    double ratio = Close.Difference(found, known.Values).Zip(bounds, (error, bound) => Math.Abs(error) / bound).Max();
                    Assert.True(ratio <= 1, $"{shape.Name}:{seed}: {what} moves by {ratio:E1} of the bound");
                    closest = Math.Max(closest, ratio);
                }
            }
        }

        Assert.InRange(closest, 0.1, 1);
    }

    [Fact]
    public void ASeedIsAProblemBitForBit()
    {
        ulong sum = 0;
        foreach (SlowShape shape in SlowShape.All)
        {
            for (int seed = 1; seed <= 20; seed++)
            {
                ProblemData data = SlowProblem.Create(shape.Name, seed).Data;
                GameData game = SlowProblem.Game(shape.Name, seed);
                double[] numbers =
                [
                    .. data.Transitions.Matrix.Values, .. data.Reward, .. data.LeaderReward, .. data.Initial,
                    data.Gamma, data.GammaLeader, data.Temperature, .. game.Theta!, .. game.Followers[0].Reward,
                ];
                foreach (double value in numbers)
                    sum = (sum ^ (ulong)BitConverter.DoubleToInt64Bits(value)) * 1099511628211;
                foreach (int column in data.Transitions.Matrix.Columns) sum = (sum ^ (uint)column) * 1099511628211;
            }
        }

        // Names in reports replay their problem for as long as this number stays.
        Assert.Equal(9809756077489246489UL, sum);
    }

    private static void Agrees(double[] found, Known exact, string what)
    {
        // What is checked was computed in float64, to no more than some hundred roundings.
        double ratio = (exact with { Share = 1e-12 }).Ratio(found);
        Assert.True(ratio <= 10, $"{what}: error over what is allowed {ratio:E1}");
    }

    /// <summary>The largest relative change of a probability by roundings.</summary>
    private static double Turn(Known policy) => policy.Values.Zip(policy.Each, (share, change) => share > 0 ? change / share : 0).Max();

    private static bool IsTheDifferenceQuotient(ProblemData data, string name)
    {
        ReferenceAnswer exact = ReferenceAnswer.Of(data)!;
        double step = Gentle * ReferenceAnswer.Unit(Precision.F64) * exact.Solution.Scale / Turn(exact.Policy);
        return IsTheDifferenceQuotient(exact.Direct, exact.Response, exact.Objective, step, name, (p, by) =>
        {
            DoubleDouble[] x = [.. data.X.Select(DoubleDouble.Of)];
            x[p] += DoubleDouble.Of(by);
            return ReferenceAnswer.Solve(SoftProcess<DoubleDouble>.Of(data, x), ReferenceAnswer.Draft(data))!.Objective;
        });
    }

    /// <summary>Whether the largest and another derivative are quotients of differences; false where rounding hides it.</summary>
    private static bool IsTheDifferenceQuotient(
        Known direct, Known response, Known objective, double step, string name, Func<int, double, DoubleDouble> at)
    {
        double[] gradient = Close.Sum(direct.Values, response.Values);
        double scale = Math.Max(Close.Largest(direct.Values), Close.Largest(response.Values));
        // What double-double knows of J, by what float64 does.
        double noise = objective.Sum * DoubleDouble.Rounding / Float64.Rounding / step;
        if (noise > 1e-12 * scale) return false;
        int largest = Array.FindIndex(gradient, g => Math.Abs(g) == Close.Largest(gradient));
        foreach (int p in new[] { largest, new SlowDraws(7).Integer(0, gradient.Length - 1) })
        {
            DoubleDouble difference = (at(p, step) - at(p, -step)) / DoubleDouble.Of(2 * step);
            double error = Math.Abs(difference.Value - gradient[p]);
            Assert.True(error <= 1e-11 * scale, $"{name}, {p}: {gradient[p]:R}; expected {difference.Value:R}, of {scale:E1}");
        }

        return true;
    }

    private static double[] Values(DoubleDouble[] numbers) => [.. numbers.Select(number => number.Value)];

    private static SoftProcess<DoubleDouble> Rounded(SoftProcess<DoubleDouble> process, SlowDraws draws, double rounding)
    {
        DoubleDouble Share() => DoubleDouble.Of(1) + DoubleDouble.Of(rounding * draws.Uniform(-1, 1));
        DoubleDouble[] Off(DoubleDouble[] numbers) => [.. numbers.Select(number => number * Share())];
        return new SoftProcess<DoubleDouble>
        {
            States = process.States,
            Actions = process.Actions,
            Offsets = process.Offsets,
            Columns = process.Columns,
            Probabilities = Off(process.Probabilities),
            Reward = Off(process.Reward),
            LeaderReward = Off(process.LeaderReward),
            Initial = process.Initial,
            Gamma = process.Gamma,
            GammaLeader = process.GammaLeader,
            Temperature = process.Temperature,
        };
    }
}
