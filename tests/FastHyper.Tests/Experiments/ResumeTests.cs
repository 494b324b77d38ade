using FastHyper.Experiments;
using FastHyper.Files;
using FastHyper.Tests.Experiments.Runs;

namespace FastHyper.Tests.Experiments;

public sealed class ResumeTests : IDisposable
{
    private const int Iterations = 8;
    private readonly ScratchFolder _folder = new();

    public static TheoryData<string, string[]> Kinds => new()
    {
        { "four-rooms", [] },
        { "four-rooms-cold", [] },
        { "four-rooms-published", [] },
        { "four-rooms-exact", ["training_temperature=geometric(0.05, 0.03, "
            + "5)", "estimator.linear_tolerance=0.001", "four_rooms.gamma=0.9"] },
        { "four-rooms", ["four_rooms.goals=[[1, 9], [11, 11]]", "contexts=drawn"] },
        { "four-rooms", ["precision=f32"] },
        { "random", ["estimator.critic.kind=average-returns", "leader.optimizer=adam"] },
        { "random", ["estimator.critic.kind=exact"] },
        { "warehouse-sampled", ["warehouse.gamma=0.9", "warehouse.temperature=0.1", "estimator.steps=200"] },
        { "random", ["estimator.name=naive", "precision=f32", "leader.optimizer=adam"] },
        { "random", ["estimator.name=exact", "precision=f32"] },
        { "random-mdp", [] },
        { "building-thermal", ["leader.optimizer=adam"] },
        { "pendulum", ["pendulum.grid.points=[11, 11]"] },
        { "guided-cart-pole", ["follower.features.fourier.order=1", "follower.points.count=600", "follower.points.episodes=10",
            "estimator.steps=200", "estimator.streams=2"] },
        { "building-thermal-sampled", ["estimator.steps=200"] },
        { "building-thermal", ["estimator.name=bc-hg", "estimator.steps=200", "estimator.episode_limit=50"] },
        { "bilevel-lqr-sampled", ["seeds=3"] },
        { "bilevel-lqr", ["seeds=3", "training_temperature=geometric(0.5, 0.1, 5)"] },
        { "frozen-lake", ["precision=f32"] },
        { "frozen-lake", ["estimator.name=amd", "estimator.amd.sweeps=5", "estimator.amd.carry_over=true"] },
        { "frozen-lake", ["follower.kind=q-learning", "follower.learning.steps=50", "estimator.name=bc-hg"] },
        { "cliff-walking", ["follower.kind=q-learning", "follower.carry_over=false", "follower.learning.rounds=2"] },
        { "preference", ["objective.segment=2"] },
        { "taxi", ["estimator.name=bc-hg"] },
        { "random-mdp", ["estimator.adjoint.step=krylov", "precision=f32", "follower.carry_over=false"] },
        { "random", ["follower.kind=sweeps", "follower.sweeps=3"] },
        {
            "four-rooms-exact",
            [
                "follower.kind=linear", "follower.features.kind=aggregated", "follower.support=samples",
                "follower.samples.count=500", "estimator.linear_tolerance=0.001",
            ]
        },
        {
            "four-rooms-exact",
            [
                "follower.kind=linear", "follower.features.kind=radial", "follower.features.ridge=0.01",
                "follower.support=samples", "follower.samples.rows=rollouts", "follower.samples.next_states=2",
                "estimator.linear_tolerance=0.001", "precision=f32",
            ]
        },
        { "random", ["grid.learning_rate=[0.1, 0.01]", "estimator.critic.kind=td-lambda"] },
        { "four-rooms", ["estimator.critic.kind=td-lambda", "estimator.critic.linear=true", "estimator.critic.features.kind=tile-coding"] },
        { "four-rooms", ["estimator.name=fitted", "estimator.features.kind=radial", "contexts=drawn", "precision=f32"] },
        // Leaders diverge before and after the run is halved.
        { "random-mdp", ["grid.learning_rate=[0.1, 1e60, 1e30]", "leader.gradient_clip=null"] },
        {
            "random",
            [
                "grid.learning_rate=[0.1, 1e40]", "leader.gradient_clip=null", "precision=f32", "leader.optimizer=adam",
                "training_temperature=geometric(0.5, 0.1, 5)",
            ]
        },
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EndsWithTheBitsOfAnUninterruptedRun(string name, string[] settings)
    {
        Begin("whole", name, settings, Iterations);
        Begin("halves", name, settings, Iterations / 2);
        Resume("halves", Iterations);
        AssertSame("whole", "halves");

        // Stops at 1, 2 and 3: of each sitting after its first step.
        Begin("stopped", name, settings, Iterations, stopAtOnce: true);
        for (int stop = 2; stop <= 3; stop++) Assert.Equal((stop, false), Resume("stopped", null, stopAtOnce: true));
        Assert.Equal((Iterations, true), Resume("stopped", null));
        AssertSame("whole", "stopped");
    }

    [Fact]
    public void MetricsBeyondTheCheckpointAreMended()
    {
        Begin("whole", "random", [], Iterations);
        Begin("mended", "random", [], Iterations / 2);
        File.AppendAllText(Metrics("mended"), "6,1,0.1,0.1,1,,,,,,,,,1,0.5\n6,2,0.1,0.1,1,,,,,,,,,1,0.5\n8,1,0.1,0.");
        Resume("mended", Iterations);
        AssertSame("whole", "mended");
    }

    [Fact]
    public void ARunThatIsDoneStaysAsItIs()
    {
        Begin("whole", "random", [], Iterations);
        Begin("again", "random", [], Iterations);
        Assert.Equal((Iterations, true), Resume("again", null));
        AssertSame("whole", "again");
    }

    private void Begin(string folder, string name, string[] settings, int iterations, bool stopAtOnce = false)
    {
        string[] small = name == "random" ? ["random.states=20", "random.gamma=0.8"] : [];
        RunConfig config = ConfigFile.Resolve(
            name, ["seeds=2", "record_every=2", "threads=1", $"iterations={iterations}", .. small, .. settings]);
        using Run run = Run.Begin(config, _folder[folder]);
        Assert.Equal(!stopAtOnce, Execute(run, stopAtOnce).Completed);
    }

    private (long Iterations, bool Completed) Resume(string folder, long? iterations, bool stopAtOnce = false)
    {
        using Run run = Run.Resume(_folder[folder], iterations);
        RunSummary summary = Execute(run, stopAtOnce);
        return (summary.Iterations, summary.Completed);
    }

    private static RunSummary Execute(Run run, bool stopAtOnce)
    {
        using CancellationTokenSource stop = new();
        long begun = run.Iteration;
        return run.Execute(new OnReport(progress =>
        {
            if (stopAtOnce && progress.Iteration > begun) stop.Cancel();
        }), stop.Token);
    }

    private void AssertSame(string expected, string actual)
    {
        Assert.Equal(Rows(expected), Rows(actual));
        using NpzReader first = NpzReader.Open(Path.Combine(_folder[expected], "checkpoint.npz"));
        using NpzReader second = NpzReader.Open(Path.Combine(_folder[actual], "checkpoint.npz"));
        Assert.Equal(first.Names, second.Names);
        Assert.Contains("x", first.Names);
        // Metrics hold the seconds, too.
        foreach (string name in first.Names.Where(name => name is not ("seconds" or "metrics_length" or "metrics_sha256" or "sha256")))
            Assert.Equal(
                first.ReadDoubles(name).Data.Select(BitConverter.DoubleToInt64Bits),
                second.ReadDoubles(name).Data.Select(BitConverter.DoubleToInt64Bits));
    }

    private IEnumerable<MetricsRow> Rows(string folder) => MetricsFile.Read(Metrics(folder)).Select(row => row with { Seconds = 0 });

    private string Metrics(string folder) => Path.Combine(_folder[folder], "metrics.csv");
}
