namespace FastHyper.Backends;

/// <summary>
/// How far a fixed-point iteration has come, for each instance. An instance that has converged is frozen: its values
/// do not change any more, whatever others that share its lanes still need.
/// </summary>
internal sealed class SweepStatus
{
    /// <summary>Creates the status of an iteration that has not begun.</summary>
    /// <param name="instances">Number of instances.</param>
    public SweepStatus(int instances)
    {
        Active = new bool[instances];
        Failed = new bool[instances];
        Reasons = new Outcome[instances];
        Sweeps = new int[instances];
        Change = new double[instances];
        Magnitude = new double[instances];
        Spread = new double[instances];
        Lowest = new double[instances];
        Highest = new double[instances];
        Products = new int[instances];
    }

    /// <summary>Whether the instance still iterates.</summary>
    public bool[] Active { get; }

    /// <summary>Whether the instance was given up: its values are not finite, or grow without end.</summary>
    public bool[] Failed { get; }

    /// <summary>Why the instance was given up, where it was.</summary>
    public Outcome[] Reasons { get; }

    /// <summary>Sweeps done for each instance; steps of policy iteration count as sweeps.</summary>
    public int[] Sweeps { get; }

    /// <summary>Largest change of a state's value in the last sweep, for each instance; not a number where a value is not.</summary>
    public double[] Change { get; }

    /// <summary>Largest absolute value after the last sweep, for each instance; not a number where a value is not.</summary>
    public double[] Magnitude { get; }

    /// <summary>Size of what a sweep adds to the values, for each instance; counts with the magnitude in relative limits.</summary>
    public double[] Spread { get; }

    /// <summary>
    /// Smallest change of a state's value in the last sweep, with its sign, for each instance; not a number where a sweep
    /// does not read one and the same V in all its states, as no bounds on V* follow then.
    /// </summary>
    public double[] Lowest { get; }

    /// <summary>Largest change of a state's value in the last sweep, with its sign, for each instance.</summary>
    public double[] Highest { get; }

    /// <summary>Products with P_π that linear solves took, beside the sweeps, for each instance.</summary>
    public int[] Products { get; }

    /// <summary>Whether any instance still iterates.</summary>
    public bool AnyActive => Active.AsSpan().Contains(true);

    /// <summary>Whether any instance was given up.</summary>
    public bool AnyFailed => Failed.AsSpan().Contains(true);

    /// <summary>Sets every instance active again that was not given up; sweeps go on counting.</summary>
    public void Resume()
    {
        for (int i = 0; i < Active.Length; i++) Active[i] = !Failed[i];
    }

    /// <summary>Gives an instance up.</summary>
    /// <param name="instance">Which.</param>
    /// <param name="reason">Why.</param>
    public void Fail(int instance, Outcome reason)
    {
        Active[instance] = false;
        Failed[instance] = true;
        Reasons[instance] = reason;
    }

    /// <summary>Sets every instance active with no sweeps done.</summary>
    public void Begin()
    {
        Active.AsSpan().Fill(true);
        Failed.AsSpan().Clear();
        Sweeps.AsSpan().Clear();
        Products.AsSpan().Clear();
        Lowest.AsSpan().Fill(double.NaN);
        Highest.AsSpan().Fill(double.NaN);
        Change.AsSpan().Fill(double.PositiveInfinity);
    }
}

/// <summary>When sweeps stop.</summary>
/// <param name="Count">Sweeps at the most, in this call.</param>
/// <param name="Absolute">An instance has converged when the largest change of a sweep is at most this …</param>
/// <param name="Relative">… plus this times the largest absolute value and <see cref="SweepStatus.Spread"/>.</param>
/// <param name="ByFactors">Whether a linear solve is to go by factors where the engine has any, as iterations have failed.</param>
internal readonly record struct SweepLimits(int Count, double Absolute, double Relative, bool ByFactors = false);
