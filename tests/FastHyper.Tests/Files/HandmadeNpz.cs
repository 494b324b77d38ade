using System.IO.Compression;
using System.Text;

namespace FastHyper.Tests.Files;

/// <summary>An .npz file in a folder of its own, from entries made byte by byte.</summary>
public sealed class HandmadeNpz : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fasthyper-").FullName;

    public HandmadeNpz(params (string Name, byte[] Bytes)[] entries)
    {
        using ZipArchive archive = new(File.Create(Path), ZipArchiveMode.Create);
        foreach ((string name, byte[] bytes) in entries)
        {
            using Stream stream = archive.CreateEntry(name, CompressionLevel.Fastest).Open();
            stream.Write(bytes);
        }
    }

    public string Path => System.IO.Path.Combine(_folder, "some.npz");

    public string[] FilesBeside => Directory.GetFiles(_folder);

    public static byte[] Npy(string descr, string shape, byte[] data, bool fortranOrder = false, int version = 1) =>
        Npy($"{{'descr': '{descr}', 'fortran_order': {fortranOrder}, 'shape': {shape}, }}", data, version);

    public static byte[] Npy(string header, byte[] data, int version = 1)
    {
        byte[] text = Encoding.Latin1.GetBytes(header + "\n");
        byte[] length = version == 1 ? BitConverter.GetBytes((ushort)text.Length) : BitConverter.GetBytes(text.Length);
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. text, .. data];
    }

    public static byte[] Bytes<T>(T[] values, bool bigEndian = false) where T : struct
    {
        int size = System.Runtime.InteropServices.Marshal.SizeOf<T>();
        byte[] bytes = new byte[values.Length * size];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        if (bigEndian)
            for (int i = 0; i < bytes.Length; i += size) Array.Reverse(bytes, i, size);
        return bytes;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
