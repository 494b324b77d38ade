using FastHyper.Backends;
using FastHyper.Followers;
using FastHyper.Followers.LinearSystems;
using FastHyper.Hypergradients;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems.Games;

namespace FastHyper.Native;

internal sealed unsafe partial class Solver
{
    private ModelGradient? _gradient;
    private ResponseDerivative? _derivative;
    private LinearSolves? _tangentSolves;
    private DeviceArray? _rows;
    private DeviceArray? _states;
    private DeviceArray? _ones;
    private DeviceArray? _pulled;
    private DeviceArray? _tangentV;
    private DeviceArray? _tangentQ;
    private DeviceArray? _tangentPolicy;
    private Outcome _last;

    /// <summary>What the solver did last: whose derivatives there are to read.</summary>
    private enum Outcome
    {
        Solve,
        Gradient,
        Pullback,
        Tangents,
    }

    /// <summary>The exact gradient of the leader's discounted return.</summary>
    /// <param name="objectives">J of each leader; empty for nobody's.</param>
    public void Gradient(Span<double> objectives)
    {
        RequireAnswer();
        _gradient ??= (ModelGradient)new ExactEstimator(_linearTolerance).Bind(new EstimationContext(Mdp, _follower, null));
        _gradient.Estimate();
        _gradient.Values[..objectives.Length].CopyTo(objectives);
        _last = Outcome.Gradient;
    }

    /// <summary>
    /// From cotangents of π, V and Q, each absent or of all instances, to those of r, P and x: c = π (ḡ − Σ_b π ḡ)/τ + π V̄ + Q̄ is what
    /// the follower's derivative takes.
    /// </summary>
    public void Pullback(in StridedArray policy, in StridedArray v, in StridedArray q)
    {
        RequireAnswer();
        _derivative ??= _follower.Differentiate(new AdjointOptions { LinearTolerance = _linearTolerance });
        _rows ??= _engine.Allocate(ArrayKind.StateAction);
        DeviceArray c = _derivative.ActionValues;
        if (Mdp.Problem is MarkovGame game) WriteGameCotangent(game, policy, v, q, c);
        else WriteCotangent(policy, v, q, c);
        if (_coldPullbacks)
            foreach ((_, DeviceArray array) in _derivative.State) _engine.Fill(array, 0);
        _derivative.Pullback();
        _last = Outcome.Pullback;
    }

    private void WriteCotangent(in StridedArray policy, in StridedArray v, in StridedArray q, DeviceArray c)
    {
        if (policy.IsAbsent)
        {
            _engine.Fill(c, 0);
        }
        else
        {
            Upload("policy", policy, _rows!, States, Actions);
            _engine.QCotangent(_follower.Policy, _rows!, c);
        }

        if (!v.IsAbsent)
        {
            _states ??= _engine.Allocate(ArrayKind.State);
            Upload("V", v, _states, States);
            _engine.ScaleByState(_follower.Policy, _states, c, accumulate: true);
        }

        if (!q.IsAbsent)
        {
            _ones ??= _engine.Allocate(ArrayKind.State);
            _engine.Fill(_ones, 1);
            Upload("Q", q, _rows!, States, Actions);
            _engine.ScaleByState(_rows!, _ones, c, accumulate: true);
        }
    }

    /// <summary>
    /// From tangents of r and P to those of V, Q and π: ∂V = (I − γ P_π)⁻¹ Σ_a π (∂r + γ ∂P V), ∂Q = ∂r + γ ∂P V + γ P ∂V,
    /// ∂π = π (∂Q − Σ_b π ∂Q)/τ. Where a leader acts, these V are W(s) = Σ_a f V(s,a), whose tangent has Σ_a ∂f V(s,a), too.
    /// </summary>
    public void Push(in StridedArray reward, in StridedArray transitions, in StridedArray leaderPolicy)
    {
        MarkovGame? game = Mdp.Problem as MarkovGame;
        if (game is null && !leaderPolicy.IsAbsent)
            throw new InvalidInputException($"leader_policy: {Mdp.Problem.Name} is no game; expected none");
        if (_follower is not BestResponse)
            throw new InvalidInputException($"{Mdp.Problem.Name}: tangents of values that are linear in features; expected a pullback");
        RequireAnswer();
        _rows ??= _engine.Allocate(ArrayKind.StateAction);
        _tangentV ??= _engine.Allocate(ArrayKind.State);
        _tangentQ ??= _engine.Allocate(ArrayKind.StateAction);
        _tangentPolicy ??= _engine.Allocate(ArrayKind.StateAction);
        _tangentSolves ??= new LinearSolves(Mdp, new SolveOptions { Tolerance = _linearTolerance, Method = _follower.Options.Method });
        double[] rows = new double[States * Actions];
        if (!leaderPolicy.IsAbsent) _shifted ??= _engine.Allocate(ArrayKind.StateAction);
        for (int i = 0; i < _engine.Instances; i++)
        {
            rows.AsSpan().Clear();
            if (!reward.IsAbsent) Part("reward", reward, i, _engine.Instances, Pairs).Read(ref _scratch).CopyTo(rows);
            if (!transitions.IsAbsent)
            {
                StridedArray part = Part("transitions", transitions, i, _engine.Instances, Mdp.Problem.Transitions.EntryCount);
                AddProducts(part.Read(ref _scratch), Host(_follower.V, i), rows);
            }

            _engine.Upload(_rows, i, rows);
            if (!leaderPolicy.IsAbsent) _engine.Upload(_shifted!, i, Shifted(game!, i, leaderPolicy, rows));
        }

        double discount = Mdp.Problem.Discount;
        _tangentSolves.Evaluate(_tangentV, _follower.Policy, leaderPolicy.IsAbsent ? _rows : _shifted!, discount);
        _engine.ActionValues(_tangentV, _rows, discount, _tangentQ);
        _engine.QCotangent(_follower.Policy, _tangentQ, _tangentPolicy);
        _last = Outcome.Tangents;
    }

    private void GetDerivative(Quantity what, string name, in StridedArray array)
    {
        switch (what, _solved ? _last : Outcome.Solve)
        {
            case (Quantity.Direct, Outcome.Gradient): Download(name, array, _gradient!.Direct, Mdp.Problem.ParameterCount); break;
            case (Quantity.Response, Outcome.Gradient): Download(name, array, _gradient!.Response, Mdp.Problem.ParameterCount); break;
            case (Quantity.Gradient or Quantity.XCotangent, Outcome.Gradient): GetGradient(name, array); break;
            case (Quantity.LeaderV or Quantity.InitialCotangent, Outcome.Gradient): Download(name, array, LeaderValues, States); break;
            case (Quantity.RewardCotangent, Outcome.Gradient):
                Download(name, array, _gradient!.Derivative.Configured.Reward!, Pairs);
                break;
            case (Quantity.LeaderRewardCotangent, Outcome.Gradient): Download(name, array, Visited, Pairs); break;
            case (Quantity.TransitionsCotangent, Outcome.Gradient):
                GetEntries(name, array, _gradient!.Derivative.Configured.Reward!, alsoDirect: true);
                break;
            case (Quantity.RewardCotangent, Outcome.Pullback):
                Download(name, array, _derivative!.Configured.Reward!, Pairs);
                break;
            case (Quantity.TransitionsCotangent, Outcome.Pullback):
                GetEntries(name, array, _derivative!.Configured.Reward!, alsoDirect: false);
                break;
            case (Quantity.XCotangent, Outcome.Pullback): GetPulled(name, array); break;
            case (Quantity.LeaderPolicyCotangent, Outcome.Pullback) when Mdp.Problem is MarkovGame:
                Download(name, array, _derivative!.Configured.LeaderPolicy!, States, Mdp.Problem.LeaderActions);
                break;
            case (Quantity.VTangent or Quantity.QTangent or Quantity.PolicyTangent, Outcome.Tangents) when Mdp.Problem is MarkovGame game:
                GetGameTangent(game, what, name, array);
                break;
            case (Quantity.VTangent, Outcome.Tangents): Download(name, array, _tangentV!, States); break;
            case (Quantity.QTangent, Outcome.Tangents): Download(name, array, _tangentQ!, States, Actions); break;
            case (Quantity.PolicyTangent, Outcome.Tangents): Download(name, array, _tangentPolicy!, States, Actions); break;
            default:
                throw new InvalidInputException(
                    $"{name}: not there after {Words(_solved ? _last : Outcome.Solve)}; expected one of what the last call came to");
        }
    }

    private DeviceArray LeaderValues => _gradient!.State.First(entry => entry.Name == "leader_values").Array;

    /// <summary>d π, the leader's discounted visits of pairs.</summary>
    private DeviceArray Visited => _gradient!.Objective.Direct.LeaderReward!;

    private void GetGradient(string name, in StridedArray array)
    {
        for (int leader = 0; leader < _engine.Leaders; leader++)
        {
            double[] direct = Host(_gradient!.Direct, leader), response = Host(_gradient.Response, leader);
            for (int p = 0; p < direct.Length; p++) direct[p] += response[p];
            Part(name, array, leader, _engine.Leaders, [direct.Length], all: true).Write(name, direct);
        }
    }

    private void GetPulled(string name, in StridedArray array)
    {
        _pulled ??= _engine.Allocate(ArrayKind.Parameter, Mdp.Problem.ParameterCount);
        _engine.Fill(_pulled, 0);
        Mdp.Pullback(_derivative!.Configured, _pulled);
        Download(name, array, _pulled, Mdp.Problem.ParameterCount);
    }

    /// <summary>γ w(s,a) V(s') of each stored transition, and of the leader's return γ_L d(s) π(a|s) V_L(s') beside it.</summary>
    private void GetEntries(string name, in StridedArray array, DeviceArray weights, bool alsoDirect)
    {
        double[] entries = new double[Mdp.Problem.Transitions.EntryCount];
        for (int i = 0; i < _engine.Instances; i++)
        {
            entries.AsSpan().Clear();
            AddEntries(Host(weights, i), Host(_follower.V, i), Mdp.Problem.Discount, entries);
            if (alsoDirect) AddEntries(Host(Visited, i), Host(LeaderValues, i), Mdp.Problem.LeaderDiscount, entries);
            Part(name, array, i, _engine.Instances, [entries.Length], all: true).Write(name, entries);
        }
    }

    private void AddEntries(double[] weights, double[] v, double discount, double[] entries)
    {
        foreach ((int row, int at, int[] columns, int length) in Rows())
            for (int k = 0; k < length; k++) entries[at + k] += discount * weights[row] * v[columns[k]];
    }

    /// <summary>rows(s,a) += γ Σ_s' ∂P(s'|s,a) V(s').</summary>
    private void AddProducts(ReadOnlySpan<double> tangents, double[] v, double[] rows)
    {
        double[] own = tangents.ToArray();
        foreach ((int row, int at, int[] columns, int length) in Rows())
            for (int k = 0; k < length; k++) rows[row] += Mdp.Problem.Discount * own[at + k] * v[columns[k]];
    }

    /// <summary>The rows of P, in whichever form they are there: number, first entry, columns and how many.</summary>
    private IEnumerable<(int Row, int At, int[] Columns, int Length)> Rows()
    {
        Transitions transitions = Mdp.Problem.Transitions;
        int[] columns = [];
        double[] values = [];
        for (int row = 0, at = 0; row < transitions.States * transitions.Actions; row++)
        {
            int length = transitions.RowLength(row);
            if (columns.Length < length) (columns, values) = (new int[length], new double[length]);
            transitions.CopyRow(row / transitions.Actions, row % transitions.Actions, columns, values);
            yield return (row, at, columns, length);
            at += length;
        }
    }

    private static string Words(Outcome outcome) => outcome switch
    {
        Outcome.Gradient => "a gradient",
        Outcome.Pullback => "a pullback",
        Outcome.Tangents => "tangents",
        _ => "a solve",
    };

    private void DisposeDerivatives()
    {
        _gradient?.Dispose();
        _derivative?.Dispose();
        _tangentSolves?.Dispose();
        DeviceArray?[] arrays = [_rows, _states, _ones, _pulled, _tangentV, _tangentQ, _tangentPolicy, _shifted];
        foreach (DeviceArray? array in arrays) array?.Dispose();
    }
}
