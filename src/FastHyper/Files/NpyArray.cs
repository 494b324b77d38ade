namespace FastHyper.Files;

/// <summary>An array as read from a file.</summary>
/// <typeparam name="T">Type of the elements.</typeparam>
/// <param name="Shape">Length of each axis; empty for a scalar.</param>
/// <param name="Data">The elements in C order: the last axis varies fastest.</param>
public sealed record NpyArray<T>(int[] Shape, T[] Data);
