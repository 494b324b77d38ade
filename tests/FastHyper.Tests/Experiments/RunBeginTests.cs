using FastHyper.Experiments;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Problems;
using FastHyper.Problems.Worlds;

namespace FastHyper.Tests.Experiments;

public class RunBeginTests
{
    // No mode at all, which is found out only when the configuration is written.
    private static readonly RunSetup s_unwritable =
        new(FourRooms.Create(), new BcHgEstimator()) { Leader = new() { ContextMode = (ContextMode)7 } };

    [Fact]
    public void ARunThatCannotBeginLeavesNoFolder()
    {
        using ScratchFolder folder = new();
        Assert.Throws<InvalidInputException>(() => Run.Begin(s_unwritable, folder["out"]));
        Assert.Empty(folder.Entries);
    }

    [Fact]
    public void AnEmptyFolderThatWasThereStaysEmpty()
    {
        using ScratchFolder folder = new();
        Directory.CreateDirectory(folder["out"]);
        Assert.Throws<InvalidInputException>(() => Run.Begin(s_unwritable, folder["out"]));
        Assert.Empty(Directory.GetFileSystemEntries(Assert.Single(folder.Entries)));
    }
}
