using System.Globalization;
using FastHyper.Backends;
using FastHyper.Problems;
using FastHyper.Problems.Continuous;

namespace FastHyper.Rollouts;

/// <summary>
/// The pullback of a problem of continuous states against central differences of its steps, at the same states, actions and noise: each
/// output of a step has random weights of its own, and so it is seen which one is wrong.
/// </summary>
/// <param name="Checked">Parameters checked.</param>
/// <param name="RelativeError">Largest difference between the two over the largest difference quotient of the same output.</param>
/// <param name="WorstOutput">In which output it is.</param>
/// <param name="WorstParameter">And in which parameter.</param>
public sealed record PullbackCheck(int Checked, double RelativeError, string WorstOutput, int WorstParameter)
{
    /// <summary>Relative error that a correct pullback stays below.</summary>
    public const double Threshold = 1e-5;

    private const int Samples = 256;
    private const ulong WeightKey = 0x6A09E667F3BCC909;

    /// <summary>Whether the two agree.</summary>
    public bool Passed => RelativeError <= Threshold;

    /// <summary>Checks a problem of continuous states, over a grid or without; null where the problem is of another kind.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="seed">Seed of x and of the draws.</param>
    /// <param name="maxParameters">Parameters at the most, evenly spread.</param>
    /// <param name="step">Step of the differences, relative to max(1, |x|); 1e-6 by default.</param>
    /// <param name="at">Leader parameters, (P); null for where a leader of that seed starts.</param>
    /// <exception cref="InvalidInputException">A step wrote what is not finite.</exception>
    public static PullbackCheck? Of(Problem problem, ulong seed = 1, int maxParameters = 512, double? step = null, double[]? at = null)
    {
        ContinuousProblem? continuous = problem switch
        {
            ContinuousProblem own => own,
            DiscretisedProblem grid => grid.Problem,
            UngriddedProblem free => free.Continuous,
            _ => null,
        };
        if (continuous is null || continuous.ParameterCount == 0) return null;
        double[] x = new double[continuous.ParameterCount];
        if (at is null) continuous.InitialParameters(seed, x);
        else at.CopyTo(x, 0);
        int count = Math.Min(x.Length, maxParameters);
        int[] parameters = [.. Enumerable.Range(0, count).Select(i => (int)((long)i * x.Length / count))];
        PullbackCheck worst = new(count, 0, Output(0), parameters[0]);
        DrawnSteps steps = new(continuous, seed);
        for (int context = 0; context < continuous.ContextProbabilities.Count; context++)
        {
            double[][] differences =
                [.. parameters.Select(p => steps.Differences(x, p, context, (step ?? 1e-6) * Math.Max(1, Math.Abs(x[p]))))];
            for (int output = 0; output < 2 + continuous.Shape.Dimensions; output++)
            {
                double[] gradient = steps.Pullback(x, context, output);
                double scale = differences.Max(each => Math.Abs(each[output]));
                for (int i = 0; i < count; i++)
                {
                    double error = Math.Abs(differences[i][output] - gradient[parameters[i]]) / (scale > 0 ? scale : 1);
                    if (!(error <= worst.RelativeError)) worst = new(count, error, Output(output), parameters[i]);
                }
            }
        }

        return worst;
    }

    /// <summary>As in a message.</summary>
    public override string ToString()
    {
        string verdict = Passed ? "passed" : "FAILED";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"steps with the same draws: {verdict}; {Checked} parameters, relative error {RelativeError:E2} (limit {Threshold:E0}), "
                + $"worst in the {WorstOutput} at x[{WorstParameter}]");
    }

    private static string Output(int output) => output switch
    {
        0 => "follower reward",
        1 => "leader reward",
        _ => string.Create(CultureInfo.InvariantCulture, $"next state's dimension {output - 2}"),
    };

    /// <summary>Steps from drawn states, with weights for each output.</summary>
    private sealed class DrawnSteps
    {
        private readonly ContinuousProblem _problem;
        private readonly double[] _states;
        private readonly double[] _noise;
        private readonly double[] _next;
        private readonly double[] _weights;
        private readonly double[] _settings;
        private readonly double[] _rewards = new double[2 * Samples];
        private readonly int[] _actions;
        private readonly bool[] _ends = new bool[Samples];

        public DrawnSteps(ContinuousProblem problem, ulong seed)
        {
            ContinuousShape shape = problem.Shape;
            _problem = problem;
            double[] numbers = new double[(shape.Dimensions + shape.StepNormals) * Samples];
            int[] streams = [.. Enumerable.Range(0, Samples)];
            new ContinuousNoise(seed, 0, 0).Write(
                Philox.Purpose.Step, 0, shape.Dimensions, shape.StepNormals, streams, new SampleSpans(numbers, Samples),
                new double[Samples]);
            _states = numbers[..(shape.Dimensions * Samples)];
            _noise = numbers[_states.Length..];
            for (int i = 0; i < _states.Length; i++)
                _states[i] = shape.Low[i / Samples] + ((shape.High[i / Samples] - shape.Low[i / Samples]) * _states[i]);
            _actions = [.. streams.Select(k => k % shape.Actions)];
            (_next, _settings) = (new double[_states.Length], new double[problem.Settings]);
            _weights = new double[(2 + shape.Dimensions) * Samples];
            new ContinuousNoise(seed ^ WeightKey, 0, 0).Write(
                Philox.Purpose.Step, 0, 0, 2 + shape.Dimensions, streams, new SampleSpans(_weights, Samples), new double[Samples]);
        }

        private StepSpans Steps => new()
        {
            States = new SampleSpans(_states, Samples),
            Actions = _actions,
            Noise = new SampleSpans(_noise, Samples),
            Next = new SampleSpans(_next, Samples),
            Reward = _rewards.AsSpan(0, Samples),
            LeaderReward = _rewards.AsSpan(Samples),
            Ends = _ends,
        };

        /// <summary>(F_o(x + h) − F_o(x − h))/2h of each output's weighted sum F_o.</summary>
        public double[] Differences(double[] x, int parameter, int context, double h)
        {
            double[] moved = [.. x];
            moved[parameter] = x[parameter] + h;
            double[] after = Sums(moved, context);
            moved[parameter] = x[parameter] - h;
            return [.. after.Zip(Sums(moved, context), (a, b) => (a - b) / (2 * h))];
        }

        /// <summary>∇F_o by the pullback.</summary>
        public double[] Pullback(double[] x, int context, int output)
        {
            double[] gradient = new double[x.Length], none = new double[Samples], next = new double[_next.Length];
            Run(x, context);
            Span<double> weights = _weights.AsSpan(output * Samples, Samples);
            if (output >= 2 && _problem.ControlsTransitions)
                for (int k = 0; k < Samples; k++) next[((output - 2) * Samples) + k] = _ends[k] ? 0 : weights[k];
            _problem.Pullback(
                x, context, Steps,
                new StepWeights
                {
                    Reward = output == 0 ? weights : none,
                    LeaderReward = output == 1 ? weights : none,
                    Next = new SampleSpans(next, Samples),
                },
                gradient);
            return gradient;
        }

        private double[] Sums(double[] x, int context)
        {
            Run(x, context);
            double[] sums = new double[2 + _problem.Shape.Dimensions];
            for (int output = 0; output < sums.Length; output++)
            {
                for (int k = 0; k < Samples; k++)
                {
                    if (output >= 2 && _ends[k]) continue;
                    double value = output < 2 ? _rewards[(output * Samples) + k] : _next[((output - 2) * Samples) + k];
                    sums[output] += _weights[(output * Samples) + k] * value;
                }
            }

            return sums;
        }

        private void Run(double[] x, int context)
        {
            _problem.Configure(x, context, _settings);
            CheckedSteps.Step(_problem, _settings, Steps);
        }
    }
}
