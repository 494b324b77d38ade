using System.Collections.Concurrent;
using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Problems;
using FastHyper.Reference.Arithmetic;
using FastHyper.Reference.Dense;
using FastHyper.Reference.Problems;
using FastHyper.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace FastHyper.Tests.SlowMixing;

/// <summary>What came of a solve: an answer with its error over what is allowed, or a refusal, which is no wrong answer.</summary>
/// <param name="Refusal">What was said; null where there is an answer.</param>
/// <param name="Ratio">The worst error over what is allowed.</param>
/// <param name="Worst">Of what.</param>
internal readonly record struct Verdict(string? Refusal, double Ratio, string Worst)
{
    public bool IsRefused => Refusal is not null;

    public bool IsRight => !IsRefused && Ratio <= 1;

    public bool IsWrong => !IsRefused && !(Ratio <= 1);

    public override string ToString() => Refusal is null ? $"{Worst}, is off by {Ratio:E1} of what is allowed" : $"refused: {Refusal}";

    /// <summary>Runs what may refuse.</summary>
    public static Verdict Of(Func<(string Part, Known Exact, double[] Found)[]> answer)
    {
        try
        {
            ((string part, Known exact, double[] found), double ratio) = answer()
                .Select(part => (part, part.Exact.Ratio(part.Found)))
                .MaxBy(part => part.Item2);
            return new Verdict(null, ratio, $"{part}, of sum {found.Sum():G6} for {exact.Values.Sum():G6}");
        }
        catch (InvalidOperationException e)
        {
            return new Verdict(e.Message, 0, "");
        }
    }
}

/// <summary>A random problem of a family, small enough to be solved in all ways.</summary>
internal sealed record SlowCase(string Family, int Seed)
{
    private const int MostStates = 24;
    private static readonly ConcurrentDictionary<(SlowCase, Precision), ReferenceAnswer?> s_answers = new();
    private static readonly ConcurrentDictionary<SlowCase, bool> s_solvable = new();

    private static readonly Gen<SlowCase> s_any = from family in Gen.Elements(SlowShape.All.Select(shape => shape.Name).ToArray())
                                                  from seed in Gen.Choose(1, 1_000_000)
                                                  select new SlowCase(family, seed);

    /// <summary>Checks a fact over the same random problems each time; all those that break it are told, not only the first.</summary>
    /// <param name="count">How many.</param>
    /// <param name="chosen">Which problems it is about.</param>
    /// <param name="fault">What breaks the fact; null where nothing does.</param>
    public static void Check(int count, Func<SlowCase, bool> chosen, Func<SlowCase, string?> fault)
    {
        List<string> faults = [];
        Prop.ForAll(Arb.From(s_any.Where(c => chosen(c))), c =>
        {
            if (fault(c) is string what) faults.Add($"{c}: {what}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(20261203, 11));
        Assert.True(faults.Count == 0, $"{faults.Count} of {count}:\n{string.Join('\n', faults.Take(5))}");
    }

    /// <summary>As <see cref="Check"/>, over problems that are small enough to be solved in all ways.</summary>
    public static void CheckSmall(int count, Func<ProblemData, bool> chosen, Func<SlowCase, string?> fault) => Check(
        count, c => c.Data() is ProblemData data && data.Transitions.States <= MostStates && chosen(data), fault);

    public ProblemData Data() => SlowProblem.Create(Family, Seed).Data;

    /// <summary>The exact answer; null where float64, or the precision, cannot know it.</summary>
    public ReferenceAnswer? Answer(Precision precision = Precision.F64) =>
        s_answers.GetOrAdd((this, precision), _ => ReferenceAnswer.Of(Data(), precision) is { Digits: <= 0.1 } answer ? answer : null);

    /// <summary>Whether a dense Newton in float64 finds the answer.</summary>
    public bool IsSolvable => s_solvable.GetOrAdd(
        this, _ =>
            ReferenceAnswer.Draft(Data()) is SoftSolution<Float64> draft && Answer() is ReferenceAnswer answer && answer.Ratio(draft) <= 1);

    /// <summary>Discounts up to which everything that can be known must be found.</summary>
    public bool MustBeFound => Math.Max(Data().Gamma, Data().GammaLeader) <= 0.999999;

    public override string ToString() => $"{Family}:{Seed}";
}

/// <summary>A problem solved, evaluated and differentiated in one of the engine's ways, against its exact answer.</summary>
internal sealed record SlowCheck
{
    public SolveMethod Method { get; init; }

    public EngineLayout Layout { get; init; }

    public int Leaders { get; init; } = 1;

    public int LaneBits { get; init; } = 256;

    public Precision Precision { get; init; }

    /// <summary>Sweeps of the follower at the most: methods that need more refuse.</summary>
    public int MaxSweeps { get; init; } = 1_000_000;

    /// <summary>Whether all that a solve starts from is left by one at other rewards.</summary>
    public bool Warm { get; init; }

    /// <summary>V, the policy, J and both parts of its gradient.</summary>
    public Verdict Run(ProblemData data, ReferenceAnswer exact, Backend? backend = null) => Verdict.Of(() =>
    {
        using Solved solved = new(
            LinearProblem.Create("slow", data), Leaders, (Precision == Precision.F64 ? 1e-14 : 1e-7) * Math.Min(1, data.Temperature),
            LaneBits, Precision, Layout, method: Method, maxSweeps: MaxSweeps, backend: backend);
        if (Warm)
        {
            SlowDraws draws = new(5);
            double size = Close.Largest(data.Reward) + data.Temperature;
            solved.At([.. data.X.Select(_ => draws.Uniform(-size, size))]);
            solved.Parts();
            solved.Objectives();
        }

        solved.AtStart();
        solved.Response.ThrowIfUnsolved();
        Certificate[] certificates = new Certificate[Leaders];
        solved.Response.Certify(certificates);
        if (!Array.TrueForAll(certificates, certificate => certificate.Converged))
            throw new InvalidOperationException($"not converged: {certificates[0]}");
        double[] objectives = solved.Objectives();
        (double[] direct, double[] response) = solved.Parts(Leaders - 1);
        return
        [
            ("V", exact.V, solved.Read(solved.Response.State.First().Array, solved.States, Leaders - 1)),
            ("policy", exact.Policy, solved.Read(solved.Response.Policy, solved.Rows, Leaders - 1)),
            .. exact.Compare(objectives[^1], direct, response),
        ];
    });
}
