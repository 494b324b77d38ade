using System.CommandLine;
using System.Globalization;
using FastHyper.Backends;
using FastHyper.Backends.Selection;
using FastHyper.Experiments;
using FastHyper.Experiments.Catalogues;
using FastHyper.Followers;
using FastHyper.Hypergradients;
using FastHyper.Problems;
using FastHyper.Rollouts;

namespace FastHyper.Cli;

/// <summary><c>fasthyper gradient</c>: the hypergradient of a problem at its x.</summary>
internal static class GradientCommand
{
    public static Command Create(Catalogue catalogue)
    {
        Argument<string> what = ProblemArgument.Create();
        Option<string[]> set = CommonOptions.Set();
        Option<string?> x = ProblemArgument.CreateX();
        Option<string> output =
            new("--out") { Description = "Where gradient, direct, response, objective and stderr go (.npz).", Required = true };
        string names = Names.OneOf(catalogue.Estimators.Names);
        Option<string> estimator = new("--estimator") { Description = $"{names}.", DefaultValueFactory = _ => "exact" };
        Option<int> batches =
            new("--batches")
            {
                Description = "Independent batches of samples that the standard error is over.",
                DefaultValueFactory = _ => 32,
            };
        Option<int?> steps =
            new("--steps")
            {
                Description = "Environment steps in a batch; by default 100 episodes until discounting has made them negligible.",
            };
        Option<string?> critic =
            new("--critic")
            {
                Description =
                    "Leader's critic: exact (unbiased; by default), lstd-q (by default over continuous states), sarsa, expected-sarsa, "
                        + "td-lambda, lstd, average-returns or "
                        + "stackelberg (bi-ac's own).",
            };
        Option<bool> fitFollower =
            new("--fit-follower")
            {
                Description = "bc-hg in a game: fit the follower's values to what the leader observes, instead of knowing them.",
            };
        Option<double?> criticStep = new("--critic-step") { Description = "Step size of sarsa, expected-sarsa and td-lambda." };
        Option<int> warmUp =
            new("--warm-up")
            {
                Description = "Batches that a learning critic sees first; default 100, none for exact.",
                DefaultValueFactory = _ => -1,
            };
        Option<bool?> averageVisits = new("--average-visits")
        {
            Description = "bc-hg: average weights over visits, as published; lower variance, small bias. By default true.",
        };
        Option<int?> iterations =
            new("--iterations")
            {
                Description = "m-sobirl and amd: iterations at x at the most, until the gradient stands still; default 10000.",
            };
        Option<string?> adjoint = new("--adjoint")
        {
            Description = "m-sobirl: steps of its adjoint, krylov (by default) or normal-equation (as published, slow near discount 1).",
        };
        Option<string> method = CommonOptions.Method();
        Option<string> backend = CommonOptions.Backend();
        Option<string> precision = CommonOptions.Precision();
        Option<int> threads = CommonOptions.Threads();
        Option<long> seed = CommonOptions.Seed();
        Option<bool> json = CommonOptions.Json();
        Command command = new("gradient", "Estimate the hypergradient of a problem.")
        {
            what, output, set, x, estimator, batches, steps, critic, criticStep, fitFollower, warmUp, averageVisits, iterations, adjoint,
                method, backend, precision, threads, seed, json,
        };
        command.SetAction(parsed =>
        {
            using StopSignal stop = new(CommandHost.Stopped);
            using Backend device = BackendSelector.Create(parsed.GetValue(backend)!, parsed.GetValue(threads), CommandHost.Complain);
            ProblemArgument given = ProblemArgument.Load(
                parsed.GetValue(what)!, parsed.GetValue(set) ?? [], parsed.GetValue(x), "gradient", catalogue);
            Problem problem = given.Problem;
            SamplingOptions sampling = GradientSampling.Of(problem, parsed.GetValue(steps), Math.Max(2, parsed.GetValue(batches)));
            string name = parsed.GetValue(estimator) ?? "";
            string kind = parsed.GetValue(critic) ?? (name == "bi-ac" ? "stackelberg" : problem is FiniteProblem ? "exact" : "lstd-q");
            EstimatorChoice choice = new(catalogue, name, given.Config?.CreateObjective());
            choice.SetIfThere("steps", sampling.Steps);
            choice.SetIfThere("episode_limit", sampling.EpisodeLimit);
            choice.SetIfThere("critic.kind", kind);
            if (parsed.GetValue(fitFollower)) choice.SetIfThere("follower_values", "fitted");
            if (parsed.GetValue(averageVisits) is bool averages) choice.SetIfThere("average_visits", averages);
            if (parsed.GetValue(adjoint) is string step) choice.SetIfThere("adjoint.step", step);
            if (parsed.GetValue(criticStep) is double size)
            {
                choice.SetIfThere("critic.step", size);
                choice.SetIfThere("follower_critic.step", size);
            }

            IHypergradientEstimator chosen = choice.Create();
            RequireRead(parsed, choice, (steps, "steps"), (critic, "critic.kind"), (fitFollower, "follower_values"));
            RequireRead(parsed, choice, (averageVisits, "average_visits"), (adjoint, "adjoint.step"));
            if (!choice.Reads("follower_critic.step")) RequireRead(parsed, choice, (criticStep, "critic.step"));
            if (chosen.Sampling is null) RequireRead(parsed, choice, (batches, ""), (warmUp, ""));
            bool learns = chosen.Sampling is not null && (kind is not ("exact" or "lstd-q") || parsed.GetValue(fitFollower));
            int warm = parsed.GetValue(warmUp) >= 0 ? parsed.GetValue(warmUp) : learns ? 100 : 0;
            GradientEstimate estimate;
            ExactComparison? comparison;
            SolveMethod solved = SolveMethodNames.Parse(parsed.GetValue(method)!);
            ulong first = CommonOptions.ParseSeed(parsed.GetValue(seed));
            using (StatusLine line = new())
            {
                WorkMonitor monitor = line.Monitor(stop.Listen());
                estimate = GradientEstimate.Compute(
                    problem, chosen, device, CommonOptions.ParsePrecision(parsed.GetValue(precision)!),
                    first, parsed.GetValue(batches), warm, solved, Iterations(chosen, parsed.GetValue(iterations)), monitor, given.X);
                comparison = ExactComparison.Of(
                    estimate, chosen, problem, catalogue, given.Config?.CreateObjective(), device, first, solved, monitor, given.X);
            }

            estimate.Save(parsed.GetValue(output)!);
            Print(problem, chosen, estimate, comparison, parsed.GetValue(json));
            return CommandHost.Done;
        });
        return command;
    }

    /// <summary>Throws if an option is given that the estimator does not read.</summary>
    private static void RequireRead(
        ParseResult parsed, EstimatorChoice choice, params (System.CommandLine.Option Option, string Key)[] options)
    {
        foreach ((System.CommandLine.Option option, string key) in options)
            if (!choice.Reads(key) && parsed.GetResult(option) is { Implicit: false })
                throw new InvalidInputException($"{option.Name}: not read by {choice.Name} with these options; expected none");
    }

    private static void Print(
        Problem problem, IHypergradientEstimator estimator, GradientEstimate estimate, ExactComparison? comparison, bool json)
    {
        double norm = Norm(estimate.Gradient);
        double? error = estimate.StandardError is null ? null : Norm(estimate.StandardError);
        if (json)
        {
            CommandHost.PrintJson(writer =>
            {
                writer.WriteString("estimator", estimator.Name);
                writer.WriteNumber("parameters", problem.ParameterCount);
                writer.WriteFinite("objective", estimate.Objective);
                writer.WriteFinite("gradient_norm", norm);
                writer.WriteFinite("direct_norm", Norm(estimate.Direct));
                writer.WriteFinite("response_norm", Norm(estimate.Response));
                writer.WriteNumber("iterations", estimate.Iterations);
                if (estimate.Change is double c) writer.WriteFinite("change", c);
                if (error is double e) writer.WriteFinite("stderr_norm", e);
                estimate.Proof?.Write(writer);
                comparison?.Write(writer);
            });
            return;
        }

        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{problem.Name}, {estimator.Name}: objective {estimate.Objective:G6}, |gradient| {norm:G6} (direct "
                + $"{Norm(estimate.Direct):G6}, response {Norm(estimate.Response):G6})"
                + $"{(error is double s ? $", |stderr| {s:G3}" : "")}"
                + $"{(estimate.Change is double last ? $", {estimate.Iterations} iterations, relative change in the last {last:G3}" : "")}"));
        if (estimate.Proof is not null) Console.Out.WriteLine(estimate.Proof);
        if (comparison is not null) Console.Out.WriteLine(comparison);
    }

    /// <summary>Iterations at x; one for estimators that come no nearer by more.</summary>
    private static int Iterations(IHypergradientEstimator estimator, int? given)
    {
        if (GradientSampling.Iterates(estimator)) return given ?? GradientSampling.Iterations;
        return given is null
            ? 1
            : throw new InvalidInputException($"iterations: {given}; expected none with {estimator.Name}, they are for m-sobirl and amd");
    }

    private static double Norm(double[] vector) => Math.Sqrt(vector.Sum(v => v * v));
}
