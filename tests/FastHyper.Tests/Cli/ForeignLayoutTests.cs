using FastHyper.Tests.Experiments;
using FastHyper.Tests.Files;

namespace FastHyper.Tests.Cli;

[Collection(Host.Alone)]
public class ForeignLayoutTests
{
    [Fact]
    public void FortranOrderSolvesTheSame() =>
        SolvesTheSame("reward", HandmadeNpz.Npy("<f8", "(2, 2)", HandmadeNpz.Bytes([1.0, 3, 2, 4]), fortranOrder: true));

    [Fact]
    public void BigEndianFloatsSolveTheSame() =>
        SolvesTheSame("reward", HandmadeNpz.Npy(">f8", "(2, 2)", HandmadeNpz.Bytes([1.0, 2, 3, 4], bigEndian: true)));

    [Fact]
    public void BigEndianIntegersSolveTheSame() =>
        SolvesTheSame("indices", HandmadeNpz.Npy(">i8", "(5,)", HandmadeNpz.Bytes<long>([0, 1, 0, 1, 1], bigEndian: true)));

    private static void SolvesTheSame(string array, byte[] bytes)
    {
        using ScratchFolder folder = new();
        Dictionary<string, byte[]> arrays = HostileProblem.Sound();
        Solve(arrays, folder["plain.npz"]);
        arrays[array] = bytes;
        Solve(arrays, folder["foreign.npz"]);
        Assert.Equal(File.ReadAllBytes(folder["plain.npz"]), File.ReadAllBytes(folder["foreign.npz"]));

        // Action 0 of state 1 stays where it is, for 3; action 1 does too, for 4.
        Assert.Equal(4 / (1 - 0.9), Golden.Read(folder["plain.npz"], "V").Data[1], 1e-3);
    }

    private static void Solve(Dictionary<string, byte[]> arrays, string output)
    {
        using HandmadeNpz file = HostileProblem.Write(arrays);
        CliResult result = Host.Run("solve", file.Path, "--out", output);
        Assert.Equal((0, ""), (result.ExitCode, result.Complaints));
    }
}
