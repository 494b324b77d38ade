using FastHyper.Backends.OpenCl.Binding;

namespace FastHyper.Backends.OpenCl.Devices;

/// <summary>What the drivers of a machine offer. One that fails takes nothing from the others.</summary>
/// <param name="Devices">Devices, platform by platform.</param>
/// <param name="Failures">Drivers and devices that failed, a line each.</param>
internal sealed record DeviceSurvey(IReadOnlyList<OpenClDevice> Devices, IReadOnlyList<string> Failures)
{
    /// <summary>Asks all drivers.</summary>
    /// <param name="platforms">The platforms.</param>
    /// <param name="nameOf">Name of a platform.</param>
    /// <param name="devicesOf">Devices of a platform.</param>
    /// <param name="describe">What a device of some number, of a platform, is; one that fails keeps its number.</param>
    public static DeviceSurvey Of(
        Func<nint[]> platforms, Func<nint, string> nameOf, Func<nint, nint[]> devicesOf, Func<int, nint, nint, OpenClDevice> describe)
    {
        List<OpenClDevice> devices = [];
        List<string> failures = [];
        int index = 0;
        foreach (nint platform in Asked(platforms, "the OpenCL loader", []))
        {
            string name = $"OpenCL driver '{Asked(() => nameOf(platform), "the name of an OpenCL driver", "?")}'";
            foreach (nint device in Asked(() => devicesOf(platform), name, []))
            {
                int number = index++;
                if (Asked(() => describe(number, platform, device), $"device {number} of {name}", null) is OpenClDevice found)
                    devices.Add(found);
            }
        }

        return new DeviceSurvey(devices, failures);

        T Asked<T>(Func<T> ask, string whom, T otherwise)
        {
            try
            {
                return ask();
            }
            catch (OpenClException e)
            {
                failures.Add($"{whom} was left out: {e.Message}");
                return otherwise;
            }
        }
    }
}
