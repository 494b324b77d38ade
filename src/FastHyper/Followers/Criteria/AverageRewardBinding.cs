using FastHyper.Backends;
using FastHyper.Followers.LinearSystems;
using FastHyper.Problems;

namespace FastHyper.Followers.Criteria;

/// <summary>
/// Configures the cycles of an <see cref="AverageRewardProblem"/>: what the problem says, less what Newton's method finds.
/// </summary>
internal sealed class AverageRewardBinding : ProblemBinding
{
    private const int MaxSteps = 200;
    private const double LinearTolerance = 1e-14;

    // Steps end where one no longer halves the last, once it is this small beside the values, or where it is rounding.
    private const double Small = 1e-8;
    private const double Rounding = 4e-16;
    private readonly ProblemBinding _steps;
    private readonly Engine _engine;
    private readonly int _start;
    private readonly bool _controlsTransitions;
    private readonly DeviceArray _values;
    private readonly DeviceArray _policy;
    private readonly DeviceArray _rows;
    private readonly DeviceArray _ones;
    private readonly DeviceArray _sums;
    private readonly DeviceArray _lengths;
    private readonly DeviceArray _visits;
    private readonly DeviceArray _occupancy;
    private readonly DeviceArray? _entries;
    private readonly double[] _gain;
    private readonly double[] _length;
    private readonly double[] _numbers;
    private readonly double[] _others;
    private readonly double[] _ofStates;
    private readonly double[] _ofStatesToo;
    private readonly double[] _ofEntries;
    private LinearSolves? _solves;

    public AverageRewardBinding(FiniteProblem steps, int start, Engine engine)
    {
        if (engine.Options.Precision != Precision.F64)
            throw new InvalidInputException($"{steps.Name}: average reward in float32; expected float64");
        (_engine, _start, _controlsTransitions) = (engine, start, steps.ControlsTransitions);
        _steps = steps.Bind(engine);
        (_values, _sums, _lengths, _visits) = (State(), State(), State(), State());
        (_policy, _rows, _ones, _occupancy) = (Pairs(), Pairs(), Pairs(), Pairs());
        if (_controlsTransitions) _entries = engine.Allocate(ArrayKind.Entry);
        engine.Fill(_ones, 1);
        (_gain, _length) = (new double[engine.Instances], new double[engine.Instances]);
        (_numbers, _others) = (new double[engine.States * engine.Actions], new double[engine.States * engine.Actions]);
        (_ofStates, _ofStatesToo) = (new double[engine.States], new double[engine.States]);
        _ofEntries = new double[engine.Transitions.EntryCount];

        DeviceArray State() => engine.Allocate(ArrayKind.State);

        DeviceArray Pairs() => engine.Allocate(ArrayKind.StateAction);
    }

    public override void Configure(DeviceArray x, ReadOnlySpan<int> contexts, bool contextsChanged, Mdp mdp)
    {
        _steps.Configure(x, contexts, contextsChanged, mdp);
        if (_engine.Probabilities is DeviceArray own) CutColumn(own);
        _ofStates.AsSpan().Clear();
        _ofStates[_start] = 1;
        for (int i = 0; i < _engine.Instances; i++) _engine.Upload(mdp.Initial, i, _ofStates);
        _solves ??= new LinearSolves(mdp, new SolveOptions { Tolerance = LinearTolerance });
        FindGains(mdp);
        _solves.Evaluate(_lengths, _policy, _ones, 1);
        _solves.Evaluate(_sums, _policy, mdp.LeaderReward, 1);
        _solves.Adjoint(_visits, _policy, mdp.Initial, 1);
        _engine.ScaleByState(_policy, _visits, _occupancy, accumulate: false);
        for (int i = 0; i < _engine.Instances; i++)
        {
            _length[i] = At(_lengths, i);
            double gain = At(_sums, i) / _length[i];
            _engine.Download(mdp.Reward, i, _numbers);
            foreach (ref double reward in _numbers.AsSpan()) reward -= _gain[i];
            _engine.Upload(mdp.Reward, i, _numbers);
            _engine.Download(mdp.LeaderReward, i, _numbers);
            for (int row = 0; row < _numbers.Length; row++)
                _numbers[row] = ((_numbers[row] - gain) / _length[i]) + (row / _engine.Actions == _start ? gain : 0);
            _engine.Upload(mdp.LeaderReward, i, _numbers);
        }

        mdp.Gains = _gain;
    }

    public override void Pullback(
        DeviceArray x, ReadOnlySpan<int> contexts, ReadOnlySpan<double> weights, Cotangents cotangents, DeviceArray gradient)
    {
        DeviceArray? entries = cotangents.Transitions is null && cotangents.Reward is null ? null : _entries;
        for (int i = 0; i < _engine.Instances; i++)
        {
            // What the rewards' level would do is what the gain undoes: −Σ c, by the stationary share of each pair.
            double level = 0;
            if (cotangents.Reward is DeviceArray rewards)
            {
                _engine.Download(rewards, i, _numbers);
                foreach (double c in _numbers) level += c;
                _engine.Download(_occupancy, i, _others);
                for (int row = 0; row < _numbers.Length; row++) _numbers[row] -= level / _length[i] * _others[row];
                _engine.Upload(_rows, i, _numbers);
            }

            if (entries is not null) WriteEntries(cotangents.Transitions, entries, level, i);
        }

        Cotangents own = new(cotangents.Reward is null ? null : _rows, null, entries, null);
        _steps.Pullback(x, contexts, weights, own, gradient);
        if (cotangents.LeaderReward is not DeviceArray leaderRewards) return;
        for (int i = 0; i < _engine.Instances; i++)
        {
            _engine.Download(leaderRewards, i, _numbers);
            foreach (ref double c in _numbers.AsSpan()) c /= _length[i];
            _engine.Upload(_rows, i, _numbers);
        }

        _steps.Pullback(x, contexts, weights, new Cotangents(null, _rows, null, null), gradient);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        foreach (DeviceArray? array in (ReadOnlySpan<DeviceArray?>)
            [_values, _policy, _rows, _ones, _sums, _lengths, _visits, _occupancy, _entries])
            array?.Dispose();
        _solves?.Dispose();
        _steps.Dispose();
    }

    /// <summary>
    /// h ← h + u − g v by soft policy iteration: with c(s) = τ log Σ_a exp((r + P h)/τ) − h(s), u is what c sums up to over a cycle of the
    /// policy, v the steps of the cycle, and g = u(z)/v(z).
    /// </summary>
    private void FindGains(Mdp mdp)
    {
        double last = double.PositiveInfinity;
        for (int step = 0; ; step++)
        {
            mdp.Monitor.Check("steps to the average reward", step, MaxSteps);
            _engine.Policy(_values, mdp.Reward, 1, _policy);
            _engine.ActionValues(_values, mdp.Reward, 1, _rows);
            for (int i = 0; i < _engine.Instances; i++) WriteGains(i, mdp.Temperatures[i]);
            _solves!.Evaluate(_sums, _policy, _rows, 1);
            _solves.Evaluate(_lengths, _policy, _ones, 1);
            double change = 0;
            for (int i = 0; i < _engine.Instances; i++)
            {
                double moved = Advance(i);
                if (!double.IsFinite(moved))
                    mdp.Fail(i, Outcome.NotFinite, $"{mdp.Problem.Name}: instance {i}: the average reward is not finite");
                else change = Math.Max(change, moved);
            }

            if (change <= Rounding || (change <= Small && change > last / 2)) break;
            if (step == MaxSteps)
                throw new InvalidOperationException(
                    $"{mdp.Problem.Name}: the average reward was not found in {MaxSteps} steps: the last one moved values by {change:E2} "
                        + $"of their size; expected {Small:E0}");
            last = change;
        }

        _engine.Policy(_values, mdp.Reward, 1, _policy);
    }

    /// <summary>c(s), for each action of s; Q − τ log π is the same of all actions, and best of the likeliest.</summary>
    private void WriteGains(int instance, double temperature)
    {
        int actions = _engine.Actions;
        _engine.Download(_rows, instance, _numbers);
        _engine.Download(_policy, instance, _others);
        _engine.Download(_values, instance, _ofStates);
        for (int s = 0; s < _ofStates.Length; s++)
        {
            Span<double> q = _numbers.AsSpan(s * actions, actions), pi = _others.AsSpan(s * actions, actions);
            int best = 0;
            for (int a = 1; a < actions; a++) if (pi[a] > pi[best]) best = a;
            q.Fill(q[best] - (temperature * Math.Log(pi[best])) - _ofStates[s]);
        }

        _engine.Upload(_rows, instance, _numbers);
    }

    /// <summary>One step of an instance.</summary>
    /// <returns>By how much it moves values, of the size of these and of the gain.</returns>
    private double Advance(int instance)
    {
        _engine.Download(_sums, instance, _ofStates);
        _engine.Download(_lengths, instance, _ofStatesToo);
        double gain = _ofStates[_start] / _ofStatesToo[_start], moved = Math.Abs(gain - _gain[instance]), size = Math.Abs(gain);
        _gain[instance] = gain;
        for (int s = 0; s < _ofStates.Length; s++) _ofStates[s] -= gain * _ofStatesToo[s];
        _engine.Download(_values, instance, _ofStatesToo);
        for (int s = 0; s < _ofStates.Length; s++)
        {
            moved = Math.Max(moved, Math.Abs(_ofStates[s]));
            _ofStates[s] += _ofStatesToo[s];
            size = Math.Max(size, Math.Abs(_ofStates[s]));
            if (!double.IsFinite(_ofStates[s])) return double.NaN;
        }

        _ofStates[_start] = 0;
        _engine.Upload(_values, instance, _ofStates);
        return size == 0 ? 0 : moved / size;
    }

    /// <summary>Transitions' cotangents with what the gain adds; what leads to z ends the cycle, and counts for nothing.</summary>
    private void WriteEntries(DeviceArray? given, DeviceArray target, double level, int instance)
    {
        if (given is null) _ofEntries.AsSpan().Clear();
        else _engine.Download(given, instance, _ofEntries);
        _engine.Download(_occupancy, instance, _others);
        _engine.Download(_values, instance, _ofStates);
        SparseMatrix p = _engine.Transitions.Matrix;
        for (int row = 0; row < p.RowCount; row++)
        {
            double share = level / _length[instance] * _others[row];
            for (long k = p.Offsets[row]; k < p.Offsets[row + 1]; k++)
                _ofEntries[k] = p.Columns[k] == _start ? 0 : _ofEntries[k] - (share * _ofStates[p.Columns[k]]);
        }

        _engine.Upload(target, instance, _ofEntries);
    }

    private void CutColumn(DeviceArray probabilities)
    {
        int[] columns = _engine.Transitions.Matrix.Columns;
        for (int i = 0; i < _engine.Instances; i++)
        {
            _engine.Download(probabilities, i, _ofEntries);
            for (int k = 0; k < columns.Length; k++) if (columns[k] == _start) _ofEntries[k] = 0;
            _engine.Upload(probabilities, i, _ofEntries);
        }
    }

    private double At(DeviceArray array, int instance)
    {
        _engine.Download(array, instance, _ofStates);
        return _ofStates[_start];
    }
}
