using FastHyper.Backends;

namespace FastHyper.Problems;

/// <summary>Consecutive draws of one seed, for generated problems and for the x that leaders start from.</summary>
internal sealed class ProblemDraws(ulong seed)
{
    private uint _low;
    private uint _high;

    /// <summary>Writes deviation · N(0, 1) draws of a leader's seed.</summary>
    public static void InitialParameters(ulong seed, double deviation, Span<double> x)
    {
        for (int i = 0; i < x.Length; i += 2)
        {
            (double first, double second) = Philox.Normals((uint)i, Philox.Purpose.Parameters, 0, 0, seed);
            x[i] = deviation * first;
            if (i + 1 < x.Length) x[i + 1] = deviation * second;
        }
    }

    public double Uniform()
    {
        double u = Philox.Uniforms(_low, Philox.Purpose.Problem, _high, 0, seed).First;
        Next();
        return u;
    }

    public double Normal()
    {
        double n = Philox.Normals(_low, Philox.Purpose.Problem, _high, 0, seed).First;
        Next();
        return n;
    }

    public double[] Fill(int count, Func<ProblemDraws, double> draw)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) values[i] = draw(this);
        return values;
    }

    /// <summary>Writes distinct numbers below <paramref name="limit"/>, in order, by Floyd's sample.</summary>
    public void Distinct(int limit, Span<int> chosen)
    {
        HashSet<int> set = [];
        for (int top = limit - chosen.Length; top < limit; top++)
        {
            int next = (int)(Uniform() * (top + 1));
            if (!set.Add(next)) set.Add(top);
        }

        int k = 0;
        foreach (int number in set) chosen[k++] = number;
        chosen.Sort();
    }

    private void Next()
    {
        if (++_low == 0) _high++;
    }
}
