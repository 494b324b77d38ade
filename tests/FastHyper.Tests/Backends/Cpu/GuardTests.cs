using FastHyper.Backends.Cpu.Common;

namespace FastHyper.Tests.Backends.Cpu;

/// <summary>A team of threads passes failures on, and is not started from within.</summary>
public sealed class GuardTests
{
    [Theory, InlineData(1), InlineData(2)]
    public void AFailureInAKernelReachesItsStarterOnce(int threads)
    {
        using ThreadTeam team = new(threads);
        Failing failing = default;
        Assert.Equal("block", Assert.Throws<InvalidOperationException>(() => team.Run(ref failing, 50)).Message);
        Harmless harmless = default;
        team.Run(ref harmless, 50);
    }

    [Fact]
    public void ATeamThatIsBusyRefusesAnotherRun()
    {
        using ThreadTeam team = new(2);
        Nested nested = new() { Team = team };
        Assert.Contains(
            "one thread at a time", Assert.Throws<InvalidOperationException>(() => team.Run(ref nested, 4)).Message,
            StringComparison.Ordinal);
    }

    private struct Failing : IBlockKernel
    {
        public readonly void Run(int block, int worker)
        {
            if (block % 2 == 0) throw new InvalidOperationException("block");
        }
    }

    private struct Harmless : IBlockKernel
    {
        public readonly void Run(int block, int worker) { }
    }

    private struct Nested : IBlockKernel
    {
        public ThreadTeam Team;

        public readonly void Run(int block, int worker)
        {
            Harmless harmless = default;
            Team.Run(ref harmless, 2);
        }
    }
}
