using System.Security.Cryptography;
using System.Text;

namespace FastHyper.Backends.OpenCl.Programs;

/// <summary>
/// Program binaries between processes: files named by the SHA-256 of all that a binary depends on. Each holds the SHA-256
/// of its binary before it, so that what was cut or changed is not handed to a driver. A cache that cannot be read or
/// written is no failure: programs are then built from source.
/// </summary>
internal sealed class BinaryCache(string? folder)
{
    /// <summary>The user's cache folder, or none where there is no such thing.</summary>
    public static string? DefaultFolder()
    {
        string? root = OperatingSystem.IsWindows()
            ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } given ? given
            : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home
                ? Path.Combine(home, OperatingSystem.IsMacOS() ? "Library/Caches" : ".cache")
                : null;
        return string.IsNullOrEmpty(root) ? null : Path.Combine(root, "fasthyper", "opencl");
    }

    /// <summary>The key of what a binary depends on.</summary>
    public static string Key(params ReadOnlySpan<string> parts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in parts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The binary of a key; null where there is none that is whole.</summary>
    public byte[]? Read(string key)
    {
        if (folder is null) return null;
        try
        {
            byte[] file = File.ReadAllBytes(PathOf(key));
            ReadOnlySpan<byte> binary = file.AsSpan(Math.Min(file.Length, SHA256.HashSizeInBytes));
            return file.Length > SHA256.HashSizeInBytes && file.AsSpan(0, SHA256.HashSizeInBytes).SequenceEqual(SHA256.HashData(binary))
                ? binary.ToArray()
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps a binary, whole or not at all: written under another name first.</summary>
    public void Write(string key, byte[] binary)
    {
        if (folder is null || binary.Length == 0) return;
        string temporary = $"{PathOf(key)}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(temporary, [.. SHA256.HashData(binary), .. binary]);
            File.Move(temporary, PathOf(key), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that could not be written whole is never read: its name is no key.
        }
    }

    private string PathOf(string key) => Path.Combine(folder!, key + ".bin");
}
