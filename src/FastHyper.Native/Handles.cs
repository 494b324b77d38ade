using System.Collections.Concurrent;

namespace FastHyper.Native;

/// <summary>
/// The objects that C holds, by numbers that are never used twice and are no addresses: one that was freed, or that is another's, is
/// refused rather than followed.
/// </summary>
internal static class Handles
{
    private static readonly ConcurrentDictionary<nint, object> s_objects = new();
    private static long s_last = 0x1000;

    public static nint Add(object value)
    {
        nint handle = (nint)Interlocked.Increment(ref s_last);
        s_objects[handle] = value;
        return handle;
    }

    /// <exception cref="InvalidInputException">There is no such object.</exception>
    public static T Get<T>(nint handle)
        where T : class =>
        s_objects.TryGetValue(handle, out object? value) && value is T found
        ? found
        : throw new InvalidInputException($"handle {handle}: {Shown(handle, value)}; expected a {Name(typeof(T))}");

    /// <summary>Frees an object; nothing where the handle is null.</summary>
    /// <exception cref="InvalidInputException">There is no such object.</exception>
    public static void Free(nint handle)
    {
        if (handle == 0) return;
        if (!s_objects.TryRemove(handle, out object? value))
            throw new InvalidInputException($"handle {handle}: {Shown(handle, null)}; expected one that was created and not freed");
        (value as IDisposable)?.Dispose();
    }

    private static string Shown(nint handle, object? value) =>
        value is not null ? $"a {Name(value.GetType())}" : handle == 0 ? "null" : "of nothing, or freed";

    private static string Name(Type type) =>
        type == typeof(Device) ? "backend" : type == typeof(Model) ? "problem" : type == typeof(Solver) ? "solver" : "leader";
}
