using FastHyper.Tests.Files;

namespace FastHyper.Tests.Cli;

/// <summary>A sound problem of two states and two actions, byte by byte, to be spoilt.</summary>
internal static class HostileProblem
{
    public static Dictionary<string, byte[]> Sound() => new()
    {
        ["indptr"] = HandmadeNpz.Npy("<i8", "(5,)", HandmadeNpz.Bytes<long>([0, 2, 3, 4, 5])),
        ["indices"] = HandmadeNpz.Npy("<i4", "(5,)", HandmadeNpz.Bytes<int>([0, 1, 0, 1, 1])),
        ["data"] = Doubles("(5,)", 0.5, 0.5, 1, 1, 1),
        ["reward"] = Doubles("(2, 2)", 1, 2, 3, 4),
        ["leader_reward"] = Doubles("(2, 2)", 0, -1, 1, 0),
        ["initial"] = Doubles("(2,)", 0.25, 0.75),
        ["gamma"] = Doubles("()", 0.9),
        ["gamma_leader"] = Doubles("()", 0.95),
        ["temperature"] = Doubles("()", 0.1),
        ["x"] = Doubles("(0,)"),
    };

    public static byte[] Doubles(string shape, params double[] values) => HandmadeNpz.Npy("<f8", shape, HandmadeNpz.Bytes(values));

    public static HandmadeNpz Write(Dictionary<string, byte[]> arrays) => new([.. arrays.Select(item => (item.Key + ".npy", item.Value))]);
}
