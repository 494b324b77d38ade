using System.CommandLine;
using System.Globalization;
using FastHyper.Backends;
using FastHyper.Backends.Selection;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Followers;
using FastHyper.Problems;

namespace FastHyper.Cli;

/// <summary><c>fasthyper solve</c>: the follower's best response to a problem.</summary>
internal static class SolveCommand
{
    public static Command Create(Catalogue catalogue)
    {
        Argument<string> what = ProblemArgument.Create();
        Option<string[]> set = CommonOptions.Set();
        Option<string?> x = ProblemArgument.CreateX();
        Option<string> output =
            new("--out")
            {
                Description = "Where V, Q, policy (of a game V, Q, g, leader_policy), residual, bound, iterations and products go (.npz).",
                Required = true,
            };
        Option<double?> tolerance =
            new("--tolerance")
            {
                Description = "Bellman residual to reach; by default 1e-10, with float32 1e-6, times the temperature below one.",
            };
        Option<int> maxSweeps =
            new("--max-sweeps")
            {
                Description = "Sweeps at the most, steps of policy iteration among them.",
                DefaultValueFactory = _ => 1_000_000,
            };
        Option<string> method = CommonOptions.Method();
        Option<string> backend = CommonOptions.Backend();
        Option<string> precision = CommonOptions.Precision();
        Option<int> threads = CommonOptions.Threads();
        Option<bool> json = CommonOptions.Json();
        Command command = new("solve", "Solve the follower of a problem.")
        {
            what, output, set, x, tolerance, maxSweeps, method, backend, precision, threads, json,
        };
        command.SetAction(parsed =>
        {
            using StopSignal stop = new(CommandHost.Stopped);
            using Backend device = BackendSelector.Create(parsed.GetValue(backend)!, parsed.GetValue(threads), CommandHost.Complain);
            ProblemArgument given = ProblemArgument.Load(
                parsed.GetValue(what)!, parsed.GetValue(set) ?? [], parsed.GetValue(x), "solve", catalogue);
            FiniteProblem problem = given.Problem as FiniteProblem
                ?? throw new InvalidInputException($"solve: {given.Problem.Name} is no finite MDP; expected one");
            Precision storage = CommonOptions.ParsePrecision(parsed.GetValue(precision)!);
            SolveOptions options =
                new()
                {
                    Tolerance = parsed.GetValue(tolerance) ?? (storage == Precision.F64 ? 1e-10 : 1e-6),
                    MaxSweeps = parsed.GetValue(maxSweeps),
                    Method = SolveMethodNames.Parse(parsed.GetValue(method)!),
                };
            if (parsed.GetValue(tolerance) is null) options = options.ForPolicy(problem.Temperature);
            double wanted = options.Tolerance;
            ProblemSolution solution;
            using (StatusLine line = new())
            {
                CancellationToken token = stop.Listen();
                WorkMonitor monitor = line.Monitor(stop.Late);
                solution = ProblemSolution.Solve(
                    problem, device, storage, options, new SolveDisplay(line, wanted, monitor), monitor, given.X, token);
            }

            solution.Save(parsed.GetValue(output)!);
            var (_, iterations, residual, bound, chosen, products) = solution.Certificate;
            bool converged = solution.Certificate.Converged;
            if (parsed.GetValue(json))
            {
                CommandHost.PrintJson(writer =>
                {
                    writer.WriteNumber("states", problem.Transitions.States);
                    writer.WriteNumber("actions", problem.Transitions.Actions);
                    writer.WriteString("method", chosen.Name());
                    writer.WriteNumber("iterations", iterations);
                    writer.WriteNumber("products", products);
                    writer.WriteFinite("residual", residual);
                    writer.WriteFinite("bound", bound);
                    writer.WriteBoolean("converged", converged);
                    if (solution.Gain is double gain) writer.WriteFinite("gain", gain);
                    if (solution.Fit is { } fit)
                    {
                        writer.WriteNumber("features", fit.Weights.Length);
                        writer.WriteFinite("bellman_residual", fit.BellmanResidual);
                        writer.WriteFinite("condition", fit.Condition);
                    }

                    writer.WriteString("engine", solution.Engine);
                });
            }
            else
            {
                Console.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{problem.Name}: {problem.Transitions.States} states, {problem.Transitions.Actions} actions; {chosen.Name()}, "
                        + $"{iterations} sweeps{(products > 0 ? $" and {products} products" : "")}, residual {residual:E2}, |V - V*| <= "
                            + $"{bound:E2}"));
                if (solution.Gain is double gain)
                    Console.Out.WriteLine(
                        string.Create(CultureInfo.InvariantCulture, $"average reward a step, with its entropy: {gain:R}"));
                if (solution.Fit is { } fit)
                {
                    Console.Out.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"linear in {fit.Weights.Length} features: Bellman residual {fit.BellmanResidual:E2}, condition of the fit "
                            + $"{fit.Condition:E1}"));
                }

                Console.Out.WriteLine(solution.Engine);
            }

            if (converged) return CommandHost.Done;
            CommandHost.Complain(residual > wanted
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"the solve stopped after {iterations} sweeps at residual {residual:E2}; expected {wanted:E2}")
                : string.Create(
                    CultureInfo.InvariantCulture,
                        $"the values have no proof: by the residual {residual:E2} they may be off by {bound:E2}, as episodes are so long; "
                        + $"expected a small part of the values"));
            return CommandHost.Failed;
        });
        return command;
    }
}
