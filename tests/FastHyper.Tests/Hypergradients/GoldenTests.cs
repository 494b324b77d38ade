using FastHyper.Backends;
using FastHyper.Backends.Cpu;

namespace FastHyper.Tests.Hypergradients;

public class GoldenTests
{
    public static TheoryData<int, EngineLayout, Precision> Engines
    {
        get
        {
            TheoryData<int, EngineLayout, Precision> data = [];
            foreach (int laneBits in (int[])[64, 256, 512])
                foreach (EngineLayout layout in (EngineLayout[])[EngineLayout.States, EngineLayout.Instances])
                    foreach (Precision precision in Enum.GetValues<Precision>())
                        data.Add(laneBits, layout, precision);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void RandomProblemsHaveTheirAnswers(int laneBits, EngineLayout layout, Precision precision)
    {
        using CpuBackend backend = new(1, laneBits);
        GoldenAnswers.ExpectRandomProblems(backend, layout, precision);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void LinearFollowersHaveTheirAnswers(int laneBits, EngineLayout layout, Precision precision)
    {
        using CpuBackend backend = new(2, laneBits);
        GoldenAnswers.ExpectLinearFollowers(backend, layout, precision);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void FourRoomsHasItsAnswers(int laneBits, EngineLayout layout, Precision precision)
    {
        using CpuBackend backend = new(1, laneBits);
        GoldenAnswers.ExpectFourRooms(backend, layout, precision);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void GamesHaveTheirAnswers(int laneBits, EngineLayout layout, Precision precision)
    {
        using CpuBackend backend = new(1, laneBits);
        GoldenAnswers.ExpectGames(backend, layout, precision);
    }
}
