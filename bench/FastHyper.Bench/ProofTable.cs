using System.Diagnostics;
using System.Globalization;
using FastHyper.Backends;
using FastHyper.Backends.Cpu;
using FastHyper.Experiments;
using FastHyper.Followers;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;
using FastHyper.Reference.Arithmetic;
using FastHyper.Reference.Dense;
using FastHyper.Reference.Problems;

namespace FastHyper.Bench;

/// <summary>
/// Problems that mix slowly, each solved and differentiated as <c>solve</c> and <c>gradient --estimator exact</c> do, beside an answer in
/// double-double: what is accepted must be right, to 10⁻⁹ or to what rounding leaves. A dense Newton in float64 tells what could be solved.
/// </summary>
internal static class ProofTable
{
    // Where rounding may move a tenth of the answer, float64 does not know it.
    private const double Unknowable = 0.1;

    // Of the follower's residual, as a gradient asks for it.
    private const double Tolerance = 1e-14;

    private enum Verdict
    {
        Right,
        Refused,
        Wrong,
    }

    public static void Print(string[] args)
    {
        int count = 10_000, seed = 1, threads = Environment.ProcessorCount;
        string? only = null;
        for (int i = 0; i < args.Length; i++)
        {
            string value = i + 1 < args.Length ? args[i + 1] : throw new InvalidInputException($"proof: '{args[i]}' without a value");
            switch (args[i++])
            {
                case "--count": count = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--seed": seed = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--threads": threads = int.Parse(value, CultureInfo.InvariantCulture); break;
                case "--only": only = value; break;
                default: throw new InvalidInputException($"proof: '{args[i - 1]}'; expected --count, --seed, --threads or --only");
            }
        }

        if (only is not null)
        {
            using CpuBackend one = new(1);
            Run(SlowProblem.Named(only), one).Explain();
            return;
        }

        Stopwatch clock = Stopwatch.StartNew();
        Outcome[] outcomes = new Outcome[count];
        int next = -1, done = 0;
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            using CpuBackend backend = new(1);
            for (int i; (i = Interlocked.Increment(ref next)) < count;)
            {
                outcomes[i] = Run(SlowProblem.At(i, seed), backend);
                int now = Interlocked.Increment(ref done);
                if (now % 1000 == 0) Console.Error.WriteLine($"{now} of {count} problems, {clock.Elapsed.TotalSeconds:F0} s");
            }
        }))];
        foreach (Thread worker in workers) worker.Start();
        foreach (Thread worker in workers) worker.Join();
        Console.WriteLine($"{MachineLimits.Processor}, {threads} threads, .NET {Environment.Version}:");
        Console.WriteLine($"{count} problems from seed {seed} on in {clock.Elapsed.TotalSeconds:F0} s");
        Console.WriteLine("right: accepted, and right to 1e-9 or to what rounding leaves; WRONG: accepted and not;");
        Console.WriteLine("unknowable: rounding may move a tenth of the answer, and it is not counted in what follows;");
        Console.WriteLine("digits: the share of the answer that rounding may move, or 1e-9, median / 9 in 10;");
        Console.WriteLine("worst: largest error over what is allowed");
        PrintBands(outcomes);
        Print("family", outcomes, outcome => outcome.Problem.Family);
        PrintWorst(outcomes);
    }

    private static void PrintBands(Outcome[] outcomes) => Print("discounts (the larger)", outcomes, outcome => outcome.Band);

    private static void Print(string what, Outcome[] outcomes, Func<Outcome, string> key)
    {
        TextTable table = new(
            what, "problems", "unknowable", "solve: right", "refused", "WRONG", "gradient: right", "refused", "WRONG",
            "dense Newton", "of those right", "digits", "worst", "its name", "ms");
        IEnumerable<(string Name, Outcome[] Outcomes)> groups = outcomes.GroupBy(key).Select(group => (group.Key, group.ToArray()));
        foreach ((string name, Outcome[] group) in groups.OrderBy(group => group.Name, StringComparer.Ordinal).Append(("all", outcomes)))
        {
            Outcome[] known = [.. group.Where(outcome => !outcome.IsUnknowable)];
            if (known.Length == 0) continue;
            int Count(Func<Outcome, bool> predicate) => known.Count(predicate);
            Outcome worst = known.MaxBy(outcome => outcome.Worst)!;
            double[] digits = [.. known.Select(outcome => outcome.Digits).Order()];
            int newton = Count(outcome => outcome.Newton <= 1);
            table.Add(
                [
                    name, $"{group.Length}", $"{group.Length - known.Length}",
                    .. Enum.GetValues<Verdict>().Select(verdict => $"{Count(o => o.Solve == verdict)}"),
                    .. Enum.GetValues<Verdict>().Select(verdict => $"{Count(o => o.Gradient == verdict)}"),
                    $"{newton}", newton == 0
                        ? ""
                        : $"{100.0 * Count(o => o is { Newton: <= 1, Gradient: Verdict.Right, Solve: Verdict.Right }) / newton:F2} %",
                    $"{digits[digits.Length / 2]:E0} / {digits[digits.Length * 9 / 10]:E0}",
                    $"{worst.Worst:E1}", worst.Problem.Name, $"{known.Average(o => o.Milliseconds):F2}",
                ]);
        }

        table.Print();
    }

    private static void PrintWorst(Outcome[] outcomes)
    {
        Outcome[] known = [.. outcomes.Where(outcome => !outcome.IsUnknowable)];
        foreach ((string what, Func<Outcome, bool> predicate) in new (string, Func<Outcome, bool>)[]
                 {
                     ("WRONG solves", o => o.Solve == Verdict.Wrong), ("WRONG gradients", o => o.Gradient == Verdict.Wrong),
                     ("refused solves", o => o.Solve == Verdict.Refused), ("refused gradients", o => o.Gradient == Verdict.Refused),
                     ("where the dense Newton fails", o => !(o.Newton <= 1)), ("slowest", o => o.Milliseconds > 1000),
                 })
        {
            Outcome[] found = [.. known.Where(predicate).OrderByDescending(o => what == "slowest" ? o.Milliseconds : o.Worst)];
            string names = string.Join(", ", found.Take(8).Select(o => o.Problem.Name));
            if (found.Length > 0) Console.WriteLine($"{what}: {found.Length}, such as {names}");
        }
    }

    private static Outcome Run(SlowProblem problem, CpuBackend backend)
    {
        SoftSolution<Float64>? draft = ReferenceAnswer.Draft(problem.Data);
        ReferenceAnswer answer = ReferenceAnswer.Of(problem.Data, draft)
            ?? throw new InvalidOperationException($"{problem.Name}: no reference");
        Outcome outcome = new(problem, answer) { Newton = draft is null ? double.PositiveInfinity : answer.Ratio(draft) };
        IncentiveProblem linear = LinearProblem.Create(problem.Name, problem.Data);
        outcome.RunSolve(linear, backend);
        outcome.RunGradient(linear, backend);
        return outcome;
    }

    /// <summary>What came of a problem; errors are over what is allowed.</summary>
    private sealed class Outcome(SlowProblem problem, ReferenceAnswer answer)
    {
        // The answer itself is let go: there are thousands.
        private readonly List<string> _lines = [];
        private ReferenceAnswer? _answer = answer;

        public SlowProblem Problem { get; } = problem;

        public double Newton { get; init; }

        public double Digits { get; } = answer.Digits;

        public bool IsUnknowable => !(Digits <= Unknowable);

        public Verdict Solve { get; private set; }

        public Verdict Gradient { get; private set; }

        public double Worst { get; private set; }

        public double Milliseconds { get; private set; }

        public string Band => Math.Max(Problem.Data.Gamma, Problem.Data.GammaLeader) switch
        {
            1 => "3: 1",
            > 0.999999 => "2: above 0.999999",
            _ => "1: up to 0.999999",
        };

        public void RunSolve(IncentiveProblem linear, CpuBackend backend) => Solve = Judge("solve", () =>
        {
            ProblemSolution found = ProblemSolution.Solve(
                linear, backend, Precision.F64, new SolveOptions { Tolerance = Tolerance }.ForPolicy(linear.Temperature));
            if (!found.Certificate.Converged) throw new InvalidOperationException($"not converged: {found.Certificate}");
            Known v = _answer!.V;
            Known claimed = v.Within(found.Certificate.Bound);
            return [("V", v, found.V), ("policy", _answer.Policy, found.Policy), ("V, which the bound tells", claimed, found.V)];
        });

        public void RunGradient(IncentiveProblem linear, CpuBackend backend)
        {
            Stopwatch clock = Stopwatch.StartNew();
            Gradient = Judge("gradient", () =>
            {
                GradientEstimate found = GradientEstimate.Compute(linear, new ExactEstimator(), backend, Precision.F64, 1);
                Milliseconds = clock.Elapsed.TotalMilliseconds;
                return _answer!.Compare(found.Objective, found.Direct, found.Response);
            });
            Milliseconds = Milliseconds == 0 ? clock.Elapsed.TotalMilliseconds : Milliseconds;
            _answer = null;
        }

        public void Explain()
        {
            ProblemData data = Problem.Data;
            Write($"{Problem.Name}: {data.Transitions.States} states x {data.Transitions.Actions}");
            Write($"gamma {data.Gamma}, gamma_leader {data.GammaLeader}, temperature {data.Temperature}");
            Write($"rewards up to {data.Reward.Max(Math.Abs)}, leader's up to {data.LeaderReward.Max(Math.Abs)}");
            Write($"rounding may move {Digits:E1} of the answer; dense Newton in float64: error over what is allowed {Newton:E1}");
            foreach (string line in _lines) Console.WriteLine(line);
            Write($"solve: {Solve}, gradient: {Gradient}, {Milliseconds:F2} ms");

            static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
        }

        private Verdict Judge(string what, Func<(string Part, Known Exact, double[] Found)[]> parts)
        {
            try
            {
                double worst = 0;
                foreach ((string part, Known exact, double[] found) in parts())
                {
                    double ratio = exact.Ratio(found);
                    worst = Math.Max(worst, ratio);
                    _lines.Add(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{what}: {part}: sum {found.Sum():G10}, exactly {exact.Values.Sum():G10}; largest "
                            + $"{exact.Values.Max(Math.Abs):G4}, "
                        + $"known to {exact.Each.Max():E1}; error over what is allowed {ratio:E1}"));
                }

                Worst = Math.Max(Worst, worst);
                return worst <= 1 ? Verdict.Right : Verdict.Wrong;
            }
            catch (Exception e) when (e is InvalidOperationException or InvalidInputException)
            {
                _lines.Add($"{what}: refused: {e.Message}");
                return Verdict.Refused;
            }
        }
    }
}
