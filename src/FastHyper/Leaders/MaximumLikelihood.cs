using System.Numerics.Tensors;
using CommunityToolkit.HighPerformance;
using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Followers.LinearSystems;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Hypergradients.Objectives;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

namespace FastHyper.Leaders;

/// <summary>How a likelihood is maximised.</summary>
[Options]
public sealed partial record MaximumLikelihoodOptions
{
    /// <summary>Steps at the most; 100 by default.</summary>
    [Range(Min = 1)]
    public int MaxSteps { get; init => field = InRange.Of<MaximumLikelihoodOptions>(value); } = 100;

    /// <summary>The fit is done when a step moves no parameter by more than this part of its standard error; 1e-6 by default.</summary>
    [Range(Min = 0, ExclusiveMin = true)]
    public double Tolerance { get; init => field = InRange.Of<MaximumLikelihoodOptions>(value); } = 1e-6;
}

/// <summary>The parameters under which observed choices are likeliest.</summary>
/// <param name="X">x, (P).</param>
/// <param name="StandardErrors">Of each parameter, (P): the root of the diagonal of <paramref name="Covariance"/>.</param>
/// <param name="Covariance">The inverse of the sum of the scores' outer products, (P, P), row by row.</param>
/// <param name="LogLikelihood">Σ N log π at x.</param>
/// <param name="Steps">Steps that it took.</param>
/// <param name="Converged">Whether the last step was as short as asked for.</param>
public sealed record MaximumLikelihood(
    double[] X, double[] StandardErrors, double[] Covariance, double LogLikelihood, int Steps, bool Converged)
{
    private const int MaxHalvings = 30;

    // Of the information, scaled: beyond, standard errors are all rounding.
    private const double WorstCondition = 1e12;

    /// <summary>
    /// Fits x by Fisher's scoring: Newton's method, with the information that choices in the observed states are expected to hold in place
    /// of the Hessian. The score of a choice is ∇log π(a|s) = (∂Q(s,a) − Σ_b π ∂Q(s,b))/τ, with ∂V = (I − γ P_π)⁻¹ Σ_a π ∂r and ∂Q = ∂r + γ
    /// P ∂V. O(P) linear solves a step beside the follower's own.
    /// </summary>
    /// <param name="problem">The problem, of one context, in which x sets rewards alone; it tells the x that the fit starts from.</param>
    /// <param name="choices">The observed choices.</param>
    /// <param name="backend">Where to compute.</param>
    /// <param name="options">When the fit is done.</param>
    /// <param name="monitor">Stops the fit and its solves, and is told how far they are; null for neither.</param>
    /// <exception cref="OperationCanceledException">The fit was stopped.</exception>
    /// <exception cref="InvalidInputException">x sets more than rewards, or there are several contexts.</exception>
    /// <exception cref="InvalidOperationException">The choices do not tell the parameters apart, or a solve did not converge.</exception>
    /// <example><code>
    /// MaximumLikelihood fit = MaximumLikelihood.Fit(Replacement.Create(), new LogLikelihoodObjective(states, actions), backend);
    /// </code></example>
    public static MaximumLikelihood Fit(
        FiniteProblem problem, LogLikelihoodObjective choices, Backend backend, MaximumLikelihoodOptions? options = null,
        WorkMonitor? monitor = null)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(choices);
        options ??= new MaximumLikelihoodOptions();
        if (problem.ControlsTransitions || problem.ControlsInitial || problem.LeaderActions > 0 || problem.ContextProbabilities.Count > 1)
            throw new InvalidInputException(
                $"{problem.Name}: x sets more than rewards, or there are several contexts; expected rewards alone, in one");
        problem.RequireSoft();
        if (problem.ParameterCount == 0) throw new InvalidInputException($"{problem.Name}: no parameters; expected some to fit");
        using Scores scores = new(problem, choices, backend, monitor ?? WorkMonitor.None);
        int n = problem.ParameterCount;
        double[] x = new double[n], trial = new double[n], step = new double[n], scales = new double[n];
        DenseSystem system = new(n);
        problem.InitialParameters(0, x);
        double value = scores.At(x);
        int steps = 0;
        bool converged = false;
        while (!converged && steps < options.MaxSteps)
        {
            monitor?.Check("steps of the fit", steps, options.MaxSteps);
            steps++;
            Factorise(problem, scores.Expected, system, scales);
            for (int p = 0; p < n; p++) step[p] = scores.Gradient[p] * scales[p];
            system.Solve(step);
            for (int p = 0; p < n; p++) step[p] *= scales[p];
            double longest = 0;
            for (int p = 0; p < n; p++) longest = Math.Max(longest, Math.Abs(step[p]) * Math.Sqrt(scores.Expected[(p * n) + p]));
            converged = longest <= options.Tolerance;
            double length = 1, next = double.NegativeInfinity;
            for (int halving = 0; halving < MaxHalvings; halving++, length /= 2)
            {
                TensorPrimitives.MultiplyAdd(step, length, x, trial);
                next = scores.At(trial);
                if (next >= value || converged) break;
            }

            // Where rounding hides the gain of the shortest step there is none.
            if (!(next >= value) && !converged)
            {
                scores.At(x);
                break;
            }

            (x, trial) = (trial, x);
            value = next;
        }

        Factorise(problem, scores.OuterProducts, system, scales);
        double[] covariance = Inverse(system, scales);
        return new MaximumLikelihood(
            x, [.. Enumerable.Range(0, n).Select(p => Math.Sqrt(covariance[(p * n) + p]))], covariance, value, steps, converged);
    }

    /// <summary>
    /// Factorises the information, its diagonal scaled to ones, so that its condition tells whether it tells parameters apart.
    /// </summary>
    private static void Factorise(FiniteProblem problem, double[] information, DenseSystem system, double[] scales)
    {
        int n = scales.Length;
        double[] scaled = new double[n * n];
        for (int p = 0; p < n; p++) scales[p] = 1 / Math.Sqrt(information[(p * n) + p]);
        for (int k = 0; k < scaled.Length; k++) scaled[k] = information[k] * scales[k / n] * scales[k % n];
        if (system.Factorise(scaled, 0) >= 0 || !(n * system.InverseNorm() < WorstCondition)) throw Unidentified(problem);
    }

    private static double[] Inverse(DenseSystem system, double[] scales)
    {
        int n = scales.Length;
        double[] inverse = new double[n * n], column = new double[n];
        for (int p = 0; p < n; p++)
        {
            Array.Clear(column);
            column[p] = scales[p];
            system.Solve(column);
            for (int q = 0; q < n; q++) inverse[(q * n) + p] = column[q] * scales[q];
        }

        return inverse;
    }

    private static InvalidOperationException Unidentified(FiniteProblem problem) =>
        new($"{problem.Name}: the choices do not tell the {problem.ParameterCount} parameters apart: the information matrix is singular");

    /// <summary>The log-likelihood at an x, its gradient, and the sum of the scores' outer products.</summary>
    private sealed class Scores : IDisposable
    {
        private readonly double[] _counts;
        private readonly double[] _visits;
        private readonly Mdp _mdp;
        private readonly SolvedFollower _follower;
        private readonly LinearSolves _solves;
        private readonly RewardJacobian _jacobian;
        private readonly DeviceArray _rows;
        private readonly DeviceArray _actionValues;
        private readonly DeviceArray[] _values;
        private readonly double[] _reward;
        private readonly double[] _policy;
        private readonly double[][] _scores;
        private readonly bool _isAffine;
        private bool _hasJacobian;

        public Scores(FiniteProblem problem, LogLikelihoodObjective choices, Backend backend, WorkMonitor monitor)
        {
            _counts = choices.Counts(problem.Name, problem.Transitions.States, problem.Transitions.Actions);
            _mdp = new Mdp(problem, backend) { Monitor = monitor };
            Engine engine = _mdp.Engine;
            int rows = engine.States * engine.Actions;
            SolveOptions solve = new() { Tolerance = 1e-12 };
            _follower = new BestResponse(_mdp, solve);
            _solves = new LinearSolves(_mdp, solve);
            _jacobian = new RewardJacobian(_mdp);
            _rows = engine.Allocate(ArrayKind.StateAction);
            _actionValues = engine.Allocate(ArrayKind.StateAction);
            _values = [.. Enumerable.Range(0, problem.ParameterCount).Select(_ => engine.Allocate(ArrayKind.State))];
            (_reward, _policy) = (new double[rows], new double[rows]);
            _scores = [.. Enumerable.Range(0, problem.ParameterCount).Select(_ => new double[rows])];
            Gradient = new double[problem.ParameterCount];
            OuterProducts = new double[problem.ParameterCount * problem.ParameterCount];
            Expected = new double[problem.ParameterCount * problem.ParameterCount];
            _visits = new double[rows];
            for (int row = 0; row < rows; row++)
                for (int other = row - (row % engine.Actions), k = 0; k < engine.Actions; k++) _visits[row] += _counts[other + k];
            _isAffine = problem is IncentiveProblem { LinkMap.Kind: LinkKind.Identity };
        }

        public double[] Gradient { get; }

        /// <summary>Σ N(s,a) ∇log π ∇log πᵀ.</summary>
        public double[] OuterProducts { get; }

        /// <summary>Σ N(s) π(a|s) ∇log π ∇log πᵀ.</summary>
        public double[] Expected { get; }

        public double At(double[] x)
        {
            Engine engine = _mdp.Engine;
            engine.Upload(_mdp.X, 0, x);
            _mdp.Configure();
            _follower.Solve();
            _follower.ThrowIfUnsolved();
            engine.Download(_follower.Policy, 0, _policy);
            double value = 0;
            for (int row = 0; row < _policy.Length; row++)
                if (_counts[row] > 0) value += _counts[row] * Math.Log(_policy[row]);
            if (!_hasJacobian || !_isAffine) _jacobian.Read();
            _hasJacobian = true;
            for (int p = 0; p < _scores.Length; p++) Write(p);
            Sum();
            return value;
        }

        public void Dispose()
        {
            _follower.Dispose();
            _solves.Dispose();
            _jacobian.Dispose();
            _rows.Dispose();
            _actionValues.Dispose();
            foreach (DeviceArray values in _values) values.Dispose();
            _mdp.Dispose();
        }

        /// <summary>∂log π(a|s)/∂x_p.</summary>
        private void Write(int p)
        {
            Engine engine = _mdp.Engine;
            Span2D<double> jacobian = _jacobian.Of(0);
            for (int row = 0; row < _reward.Length; row++) _reward[row] = jacobian[row, p];
            engine.Upload(_rows, 0, _reward);
            _solves.Evaluate(_values[p], _follower.Policy, _rows, _mdp.Problem.Discount);
            engine.ActionValues(_values[p], _rows, _mdp.Problem.Discount, _actionValues);
            double[] score = _scores[p];
            engine.Download(_actionValues, 0, score);
            double inverse = 1 / _mdp.Temperatures[0];
            for (int s = 0; s < engine.States; s++)
            {
                double mean = 0;
                for (int row = s * engine.Actions; row < (s + 1) * engine.Actions; row++) mean += _policy[row] * score[row];
                for (int row = s * engine.Actions; row < (s + 1) * engine.Actions; row++) score[row] = (score[row] - mean) * inverse;
            }
        }

        private void Sum()
        {
            int n = _scores.Length;
            for (int p = 0; p < n; p++)
            {
                double gradient = 0;
                for (int row = 0; row < _policy.Length; row++) gradient += _counts[row] * _scores[p][row];
                Gradient[p] = gradient;
                for (int q = 0; q <= p; q++)
                {
                    double observed = 0, expected = 0;
                    for (int row = 0; row < _policy.Length; row++)
                    {
                        double product = _scores[p][row] * _scores[q][row];
                        observed += _counts[row] * product;
                        expected += _visits[row] * _policy[row] * product;
                    }

                    OuterProducts[(p * n) + q] = OuterProducts[(q * n) + p] = observed;
                    Expected[(p * n) + q] = Expected[(q * n) + p] = expected;
                }
            }
        }
    }
}
