using CommunityToolkit.HighPerformance;
using FastHyper.Backends;
using FastHyper.Followers.LinearFeatures;

namespace FastHyper.Followers.Solves;

/// <summary>
/// Soft value iteration with Anderson acceleration (type II). With G_j what a sweep made of V_j and F_j = G_j − V_j, the
/// next values are
/// <code>V = G_0 − Σ_j θ_j (G_0 − G_j),   θ minimising ‖F_0 − Σ_j θ_j (F_0 − F_j)‖₂</code>
/// over the last few sweeps. An extrapolation that makes changes larger is taken back; where the smallest change has not
/// been beaten for a while, plain sweeps follow, twice as many each time, and so it ends where sweeps end.
/// </summary>
internal sealed class Anderson : FollowerMethod
{
    private const int Depth = 5;
    private const int Patience = 10;

    // Changes may grow by this before an extrapolation is taken back: the norms differ, and progress is not monotone.
    private const double Growth = 2;
    private readonly DeviceArray[] _results = new DeviceArray[Depth + 1];
    private readonly DeviceArray[] _changes = new DeviceArray[Depth + 1];
    private readonly DeviceArray _from;
    private readonly DeviceArray[] _sources = new DeviceArray[Depth + 1];
    private readonly double[] _coefficients;
    private readonly double[] _dots;
    private readonly double[] _theta = new double[Depth + 1];
    private readonly History[] _instances;

    public Anderson(FollowerSolve solve)
    {
        for (int j = 0; j <= Depth; j++)
        {
            _results[j] = solve.Engine.Allocate(ArrayKind.State);
            _changes[j] = solve.Engine.Allocate(ArrayKind.State);
        }

        _from = solve.Engine.Allocate(ArrayKind.State);
        _coefficients = new double[(Depth + 1) * solve.Engine.Instances];
        _dots = new double[solve.Engine.Instances];
        _instances = [.. Enumerable.Range(0, solve.Engine.Instances).Select(_ => new History())];
    }

    public override void Run(FollowerSolve solve)
    {
        foreach (History history in _instances) history.Begin();
        for (int sweep = 0; ; sweep++)
        {
            int slot = sweep % (Depth + 1);
            Copy(solve, solve.V, _from);
            if (!solve.Sweep(1)) return;
            Copy(solve, solve.V, _results[slot]);
            Subtract(solve, solve.V, _from, _changes[slot]);
            for (int j = 0; j <= Depth; j++)
            {
                solve.Engine.Dot(_changes[slot], _changes[j], _dots);
                for (int i = 0; i < _dots.Length; i++) _instances[i].Put(slot, j, _dots[i]);
            }

            // Frozen instances keep their V, which is their result of this sweep.
            for (int i = 0; i < _instances.Length; i++)
            {
                _theta.AsSpan().Clear();
                if (solve.Status.Active[i]) _instances[i].Extrapolate(slot, solve.Status.Change[i], _theta);
                else _theta[slot] = 1;
                for (int j = 0; j <= Depth; j++) _coefficients[(j * _instances.Length) + i] = _theta[j];
            }

            solve.Engine.Combine(_results, _coefficients, solve.V);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (DeviceArray array in (DeviceArray[])[.. _results, .. _changes, _from]) array.Dispose();
    }

    private void Copy(FollowerSolve solve, DeviceArray from, DeviceArray to)
    {
        _sources[0] = from;
        Span<double> one = _coefficients.AsSpan(0, _instances.Length);
        one.Fill(1);
        solve.Engine.Combine(_sources.AsSpan(0, 1), one, to);
    }

    private void Subtract(FollowerSolve solve, DeviceArray a, DeviceArray b, DeviceArray to)
    {
        (_sources[0], _sources[1]) = (a, b);
        Span<double> signs = _coefficients.AsSpan(0, 2 * _instances.Length);
        signs[.._instances.Length].Fill(1);
        signs[_instances.Length..].Fill(-1);
        solve.Engine.Combine(_sources.AsSpan(0, 2), signs, to);
    }

    /// <summary>What one instance remembers of its last sweeps: their changes' inner products, on the host.</summary>
    private sealed class History
    {
        private const double Ridge = 1e-12;
        private readonly double[] _gram = new double[(Depth + 1) * (Depth + 1)];
        private readonly double[] _matrix = new double[Depth * Depth];
        private readonly double[] _right = new double[Depth];
        private readonly int[] _used = new int[Depth];
        private readonly bool[] _holds = new bool[Depth + 1];
        private double _best;
        private int _last;
        private int _sinceBest;
        private int _plain;
        private int _plainNext;
        private bool _mixed;

        public void Begin()
        {
            _holds.AsSpan().Clear();
            _best = double.PositiveInfinity;
            _last = -1;
            _sinceBest = 0;
            _plain = 0;
            _plainNext = Patience;
            _mixed = false;
        }

        public void Put(int slot, int other, double dot) => _gram[(slot * (Depth + 1)) + other] = _gram[(other * (Depth + 1)) + slot] = dot;

        /// <summary>Coefficients of the results, (depth + 1), for the next values; <paramref name="change"/> is the sweep's.</summary>
        public void Extrapolate(int slot, double change, Span<double> coefficients)
        {
            if (_mixed && change > Growth * _best)
            {
                // Back to the last result, and on from there by a plain sweep.
                coefficients[_last] = 1;
                _holds.AsSpan().Clear();
                _plain = Math.Max(_plain, 1);
                _mixed = false;
                return;
            }

            _sinceBest = change < _best ? 0 : _sinceBest + 1;
            _best = Math.Min(_best, change);
            if (_sinceBest >= Patience && _plain == 0)
            {
                _holds.AsSpan().Clear();
                (_plain, _plainNext, _sinceBest) = (_plainNext, 2 * Math.Min(_plainNext, 1 << 20), 0);
            }

            _holds[slot] = true;
            _last = slot;
            coefficients[slot] = 1;
            _mixed = _plain == 0 && Mix(slot, coefficients);
            if (_plain > 0) _plain--;
        }

        /// <summary>Solves the normal equations of θ, each difference scaled to length one, and spreads θ over the results.</summary>
        private bool Mix(int slot, Span<double> coefficients)
        {
            int n = 0;
            for (int j = 0; j <= Depth; j++)
                if (j != slot && _holds[j] && Product(slot, j, j) > 0) _used[n++] = j;
            Span2D<double> matrix = new(_matrix, 0, n, n, Depth - n);
            for (int a = 0; a < n; a++)
            {
                Span<double> row = matrix.GetRowSpan(a);
                for (int b = 0; b < n; b++)
                {
                    double lengths = Product(slot, _used[a], _used[a]) * Product(slot, _used[b], _used[b]);
                    row[b] = Product(slot, _used[a], _used[b]) / Math.Sqrt(lengths);
                }

                row[a] += Ridge;
                _right[a] = (Gram(slot, slot) - Gram(slot, _used[a])) / Math.Sqrt(Product(slot, _used[a], _used[a]));
            }

            if (!Cholesky.Solve(matrix, _right.AsSpan(0, n))) return false;
            for (int a = 0; a < n; a++)
            {
                double theta = _right[a] / Math.Sqrt(Product(slot, _used[a], _used[a]));
                coefficients[slot] -= theta;
                coefficients[_used[a]] += theta;
            }

            return n > 0;
        }

        /// <summary>(F_slot − F_a)·(F_slot − F_b).</summary>
        private double Product(int slot, int a, int b) => Gram(slot, slot) - Gram(slot, a) - Gram(slot, b) + Gram(a, b);

        private double Gram(int a, int b) => _gram[(a * (Depth + 1)) + b];
    }
}
