using FastHyper.Backends;
using FastHyper.Experiments;
using FastHyper.Problems;
using FastHyper.Problems.Games;

namespace FastHyper.Native;

/// <summary>What is set and read of a solver, by the numbers of <c>fasthyper.h</c>.</summary>
internal enum Quantity
{
    X = 0,
    Reward = 1,
    LeaderReward = 2,
    Initial = 3,
    Transitions = 4,
    Temperature = 5,
    V = 10,
    Q = 11,
    Policy = 12,
    LeaderPolicy = 13,
    Gradient = 20,
    Direct = 21,
    Response = 22,
    LeaderV = 23,
    XCotangent = 30,
    RewardCotangent = 31,
    LeaderRewardCotangent = 32,
    InitialCotangent = 33,
    TransitionsCotangent = 34,
    LeaderPolicyCotangent = 35,
    VTangent = 40,
    QTangent = 41,
    PolicyTangent = 42,
}

internal sealed unsafe partial class Solver
{
    private GameSolution? _game;

    private long States => _engine.States;

    private long Actions => _engine.Actions;

    /// <summary>Sets an array of each instance, or the same of all where it lacks the axis of instances.</summary>
    public void Set(Quantity what, in StridedArray array)
    {
        string name = Name(what);
        array.Require(name);
        if (what == Quantity.X)
        {
            for (int leader = 0; leader < _engine.Leaders; leader++)
                _engine.Upload(Mdp.X, leader, Part(name, array, leader, _engine.Leaders, Mdp.Problem.ParameterCount).Read(ref _scratch));
            _configured = _solved = false;
            return;
        }

        // What x sets comes first: what is set then stands until x is set again.
        Configure();
        _solved = false;
        switch (what)
        {
            case Quantity.Reward: Upload(name, array, Mdp.Reward, States, Actions); break;
            case Quantity.LeaderReward: Upload(name, array, Mdp.LeaderReward, States, Actions); break;
            case Quantity.Initial: SetInitial(name, array); break;
            case Quantity.Transitions: SetTransitions(name, array); break;
            case Quantity.Temperature: SetTemperatures(name, array); break;
            default:
                throw new InvalidInputException(
                    $"{name}: cannot be set; expected x, reward, leader_reward, initial, transitions or temperature");
        }
    }

    /// <summary>Reads an array of each instance.</summary>
    public void Get(Quantity what, in StridedArray array)
    {
        string name = Name(what);
        array.Require(name);
        switch (what)
        {
            case Quantity.X: Download(name, array, Mdp.X, Mdp.Problem.ParameterCount); break;
            case Quantity.Reward: Configure(); Download(name, array, Mdp.Reward, States, Actions); break;
            case Quantity.LeaderReward: Configure(); Download(name, array, Mdp.LeaderReward, States, Actions); break;
            case Quantity.Initial: Configure(); Download(name, array, Mdp.Initial, States); break;
            case Quantity.V or Quantity.Q or Quantity.Policy or Quantity.LeaderPolicy: GetAnswer(what, name, array); break;
            default: GetDerivative(what, name, array); break;
        }
    }

    private void SetInitial(string name, in StridedArray array)
    {
        for (int i = 0; i < _engine.Instances; i++)
        {
            double[] initial = Part(name, array, i, _engine.Instances, States).ToDoubles();
            ProblemCheck.RequireVector(Mdp.Problem.Name, name, initial, initial.Length);
            _engine.Upload(Mdp.Initial, i, Distributions.Mend(Mdp.Problem.Name, initial, []));
        }
    }

    private void SetTransitions(string name, in StridedArray array)
    {
        if (_engine.Probabilities is null)
            throw new InvalidInputException($"{name}: set of a solver without its own; expected own_transitions in its options");
        SparseMatrix structure = Mdp.Problem.Transitions.Matrix;
        for (int i = 0; i < _engine.Instances; i++)
        {
            double[] values = Part(name, array, i, _engine.Instances, structure.EntryCount).ToDoubles();
            // The constructor says which row is no distribution, and mends those that nearly are.
            Transitions own = new(
                _engine.States, _engine.Actions, new SparseMatrix(_engine.States, structure.Offsets, structure.Columns, values));
            _engine.Upload(_engine.Probabilities, i, own.Matrix.Values);
        }
    }

    private void SetTemperatures(string name, in StridedArray array)
    {
        double[] temperatures = new double[_engine.Leaders];
        for (int leader = 0; leader < temperatures.Length; leader++)
        {
            double value = Part(name, array, leader, _engine.Leaders).Read(ref _scratch)[0];
            if (!(value > 0 && double.IsFinite(value)))
                throw new InvalidInputException($"{Mdp.Problem.Name}: {name}[{leader}] = {value}; expected a finite number above 0");
            temperatures[leader] = value;
        }

        Mdp.SetTemperatures(temperatures);
    }

    private void GetAnswer(Quantity what, string name, in StridedArray array)
    {
        Respond();
        if (Mdp.Problem is MarkovGame game)
        {
            _game ??= AnswerOf(game);
            long leaderActions = game.LeaderActions, followerActions = game.FollowerActions;
            if (what == Quantity.V) WriteAll(name, array, _game.V, States, leaderActions);
            else if (what == Quantity.Q) WriteAll(name, array, _game.Q, States, leaderActions, followerActions);
            else if (what == Quantity.Policy) WriteAll(name, array, _game.G, States, leaderActions, followerActions);
            else Download(name, array, _engine.LeaderPolicy!, States, leaderActions);
        }
        else if (what == Quantity.V) Download(name, array, _follower.State.First().Array, States);
        else if (what == Quantity.Policy) Download(name, array, _follower.Policy, States, Actions);
        else if (what == Quantity.LeaderPolicy) throw new InvalidInputException($"{name}: {Mdp.Problem.Name} is no game; expected one");
        else
        {
            _rows ??= _engine.Allocate(ArrayKind.StateAction);
            if (_follower.RelativeActionValues(_rows) is null) Download(name, array, _rows, States, Actions);
            else WriteAll(name, array, [.. Enumerable.Range(0, _engine.Instances).SelectMany(ActionValues)], States, Actions);
        }
    }

    /// <summary>Q of an instance, with the potential that values may be kept above.</summary>
    private double[] ActionValues(int instance)
    {
        _rows ??= _engine.Allocate(ArrayKind.StateAction);
        DeviceArray? potential = _follower.RelativeActionValues(_rows);
        double[] q = Host(_rows, instance);
        if (potential is null) return q;
        double[] level = Host(potential, instance);
        for (int row = 0; row < q.Length; row++) q[row] += level[row / _engine.Actions];
        return q;
    }

    private double[] Host(DeviceArray source, int instance)
    {
        double[] values = new double[source.Length];
        _engine.Download(source, instance, values);
        return values;
    }

    private void Upload(string name, in StridedArray array, DeviceArray target, params ReadOnlySpan<long> shape)
    {
        for (int i = 0; i < _engine.Instances; i++)
        {
            ReadOnlySpan<double> numbers = Part(name, array, i, _engine.Instances, shape).Read(ref _scratch);
            if (System.Numerics.Tensors.TensorPrimitives.IsFiniteAll(numbers)) _engine.Upload(target, i, numbers);
            else ProblemCheck.RequireVector(
                Mdp.Problem.Name, name, numbers.ToArray(), numbers.Length, shape.Length > 1 ? (int)shape[^1] : 0);
        }
    }

    private void Download(string name, in StridedArray array, DeviceArray source, params ReadOnlySpan<long> shape)
    {
        int count = source.Kind == ArrayKind.Parameter ? _engine.Leaders : _engine.Instances;
        for (int i = 0; i < count; i++)
        {
            StridedArray part = Part(name, array, i, count, shape, all: true);
            Span<double> place = part.Place(ref _scratch);
            _engine.Download(source, i, place);
            part.Write(name, place);
        }
    }

    /// <summary>Writes numbers of all instances, one after the other.</summary>
    private void WriteAll(string name, in StridedArray array, double[] numbers, params ReadOnlySpan<long> shape)
    {
        int each = numbers.Length / _engine.Instances;
        for (int i = 0; i < _engine.Instances; i++)
            Part(name, array, i, _engine.Instances, shape, all: true).Write(name, numbers.AsSpan(i * each, each));
    }

    /// <summary>An instance's part of an array; the axis of instances may be left out of one, and of what is the same for all.</summary>
    private static StridedArray Part(
        string name, in StridedArray array, int instance, int instances, ReadOnlySpan<long> shape, bool all = false)
    {
        if (array.HasShape(shape) && (!all || instances == 1)) return array;
        if (array.Rank == shape.Length + 1 && array.Length(0) == instances && array.At(0).HasShape(shape)) return array.At(instance);
        string one = string.Join(", ", shape.ToArray());
        throw new InvalidInputException(
            $"{name}: shape {array.Shown()}; expected "
                + $"({instances}{(one.Length > 0 ? ", " : "")}{one}){(all && instances > 1 ? "" : $" or ({one})")}");
    }

    private static StridedArray Part(string name, in StridedArray array, int instance, int instances, params ReadOnlySpan<long> shape) =>
        Part(name, array, instance, instances, shape, all: false);

    private static string Name(Quantity what) => Enum.IsDefined(what)
        ? FastHyper.Names.Kebab(what.ToString()).Replace('-', '_')
        : throw new InvalidInputException($"array {(int)what}; expected one of the numbers FH_… of fasthyper.h");
}
