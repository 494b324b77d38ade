using FastHyper.Backends;
using FastHyper.Problems;

namespace FastHyper.Followers.BlackBoxes;

/// <summary>How much a <see cref="SweepFollower"/> plans.</summary>
[Options]
public sealed partial record SweepFollowerOptions
{
    /// <summary>Soft sweeps a leader iteration, n.</summary>
    [Range(Min = 1)]
    public int Sweeps { get; init => field = InRange.Of<SweepFollowerOptions>(value); } = 10;

    /// <summary>Whether it starts from its last values rather than from zero.</summary>
    public bool CarryOver { get; init; } = true;

    /// <summary>How what is linear in an estimate is solved.</summary>
    [Inline]
    public SolveOptions Solve { get; init; } = new();
}

/// <summary>
/// A follower that plans for a while and no longer: a fixed number n of soft sweeps V ← TV in each leader iteration, from the
/// values of the last one or from zero, and the policy of what it has come to. With values carried over it is the lower level
/// of M-SoBiRL (Yang, Gao and Yuan, arXiv 2405.19697). O(n · transitions) an iteration. Engines whose sweeps use values that the same
/// sweep has updated (<see cref="Engine.SweepsInPlace"/>) come nearer with each, so that backends differ by what is left.
/// </summary>
public sealed class SweepFollower : TabularFollower
{
    // An even number: sweeps in place go up and down the states in turn.
    private const int SweepsAtOnce = 64;
    private readonly SweepFollowerOptions _options;

    /// <summary>Creates a follower that has not answered yet.</summary>
    /// <param name="mdp">What it responds to.</param>
    /// <param name="options">How much it plans.</param>
    public SweepFollower(Mdp mdp, SweepFollowerOptions? options = null)
        : base(mdp, options?.Solve) =>
        _options = options ?? new SweepFollowerOptions();

    /// <inheritdoc/>
    public override IEnumerable<(string Name, DeviceArray Array)> State => [("values", V)];

    /// <inheritdoc/>
    public override void Respond(ReadOnlySpan<ulong> seeds, uint iteration)
    {
        if (!_options.CarryOver) Mdp.Engine.Fill(V, 0);
        Status.Begin();
        for (int done = 0; done < _options.Sweeps; done += SweepsAtOnce)
        {
            Mdp.Monitor.Check("the follower's sweeps", done, _options.Sweeps);
            SweepLimits limits = new(Math.Min(SweepsAtOnce, _options.Sweeps - done), 0, 0);
            Mdp.Engine.SoftSweeps(V, Mdp.Reward, Mdp.Problem.Discount, limits, Status);
        }

        for (int i = 0; i < Status.Magnitude.Length; i++)
            if (!double.IsFinite(Status.Magnitude[i]))
                Mdp.Fail(
                    i, Outcome.NotFinite,
                    $"{Mdp.Problem.Name}: the follower's values of instance {i} are not finite after {_options.Sweeps} sweeps");
        Mdp.Engine.Policy(V, Mdp.Reward, Mdp.Problem.Discount, Policy);
    }
}
