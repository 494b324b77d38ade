using FastHyper.Backends;
using FastHyper.Tests.Hypergradients;

namespace FastHyper.Tests.Backends.OpenCl;

/// <summary>Whole solves and gradients against checked answers.</summary>
[Collection(nameof(OnOpenCl))]
public sealed class OpenClAnswersTests(OpenClFixture fixture)
{
    public static TheoryData<EngineLayout, Precision> Engines => new()
    {
        { EngineLayout.States, Precision.F64 },
        { EngineLayout.States, Precision.F32 },
        { EngineLayout.Instances, Precision.F64 },
        { EngineLayout.Instances, Precision.F32 },
    };

    [Theory, MemberData(nameof(Engines))]
    public void RandomProblemsHaveTheirAnswers(EngineLayout layout, Precision precision) =>
        GoldenAnswers.ExpectRandomProblems(fixture.Backend, layout, precision);

    [Theory, MemberData(nameof(Engines))]
    public void FourRoomsHasItsAnswers(EngineLayout layout, Precision precision) =>
        GoldenAnswers.ExpectFourRooms(fixture.Backend, layout, precision);

    [Theory, MemberData(nameof(Engines))]
    public void GamesHaveTheirAnswers(EngineLayout layout, Precision precision) =>
        GoldenAnswers.ExpectGames(fixture.Backend, layout, precision);

    [Theory, MemberData(nameof(Engines))]
    public void LinearFollowersHaveTheirAnswers(EngineLayout layout, Precision precision) =>
        GoldenAnswers.ExpectLinearFollowers(fixture.Backend, layout, precision);
}
