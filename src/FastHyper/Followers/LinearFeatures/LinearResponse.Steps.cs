using System.Numerics.Tensors;
using FastHyper.Backends;

namespace FastHyper.Followers.LinearFeatures;

/// <summary>Newton's method with shorter steps and sweeps: what each pass has come to, and where the next one begins.</summary>
public sealed partial class LinearResponse
{
    // A step is taken where it leaves less of the residual by this part of its length.
    private const double LeastGain = 1e-4;
    private const double ShortestStep = 1.0 / 1024;

    // Of residuals that were this many times smaller before it is said that they grow.
    private const double Grown = 10;

    /// <summary>
    /// Looks at what an instance has come to; whether it is to go on from there, rather than from where its last step began.
    /// </summary>
    private bool Judge(int i)
    {
        ref Progress progress = ref _progress[i];
        ReadOnlySpan<double> w = Of(_w, i), image = Of(_image, i);
        double change = LargestDifference(w, image), size = Math.Abs(TensorPrimitives.MaxMagnitude(w));
        Status.Sweeps[i]++;
        // A step too long may lead to what is not a number.
        progress.IsRefused = progress.IsStep && !(change <= (1 - (LeastGain * progress.Length)) * progress.Change);
        double rounding = StopRules.CorrectedFloorUnits * Mdp.Engine.Options.Precision.Epsilon() * _equation.Systems.Condition(i) * size;
        if (progress.Ends)
        {
            Status.Active[i] = false;
            Status.Change[i] = change;
            return false;
        }

        if (progress.IsRefused)
        {
            // Where rounding hides what a whole step gains there is nothing to gain: back to where it began.
            progress.Ends = progress.Length == 1 && progress.Change <= rounding;
            progress.Length = progress.Ends ? 0 : 0.5 * progress.Length;
            if (Status.Sweeps[i] >= Options.MaxSweeps) Status.Fail(i, Outcome.MaxSteps);
            return false;
        }

        (Status.Change[i], Status.Magnitude[i]) = (change, size);
        if (double.IsNaN(progress.First)) progress.First = change;
        if (change <= 0.5 * progress.Best) (progress.Best, progress.SinceBest) = (change, 0);
        else progress.SinceBest++;
        if (change < progress.Smallest) (progress.Smallest, progress.SinceSmallest) = (change, 0);
        else progress.SinceSmallest++;
        if (change <= Options.Tolerance || (progress.SinceSmallest >= StopRules.PassesAtRounding && change <= rounding)) Status.Active[i] =
            false;
        else if (HasDiverged(i)) Status.Fail(i, double.IsFinite(change) ? Outcome.Growing : Outcome.NotFinite);
        else if (progress.SinceBest > Patience) Status.Fail(i, Outcome.Stalled);
        else if (Status.Sweeps[i] >= Options.MaxSweeps) Status.Fail(i, Outcome.MaxSteps);
        if (!Status.Active[i]) return false;
        progress.Change = change;
        w.CopyTo(Of(_base, i));
        image.CopyTo(Of(_baseImage, i));
        return true;
    }

    private double Patience =>
        StopRules.PassesToHalve
        + Math.Min(StopRules.MaxPassesToHalve, StopRules.HorizonsToHalve / Math.Max(1e-12, 1 - Mdp.Problem.Discount));

    private bool HasDiverged(int i) => !(Status.Change[i] <= StopRules.Diverged * (1 + _progress[i].First));

    /// <summary>Moves the active instances: by a Newton step from where they are, by less of their last one, or by a sweep.</summary>
    /// <param name="steps">Whether any is to take a new step.</param>
    private void Advance(bool steps)
    {
        if (steps)
        {
            _equation.Systems.Prepare(Policy);
            _equation.Systems.Residual(_w, _projected, _residual);
            _equation.Systems.Solve(_residual);
        }

        for (int i = 0; i < _progress.Length; i++)
        {
            if (!Status.Active[i]) continue;
            ref Progress progress = ref _progress[i];
            if (!progress.IsRefused)
            {
                progress.IsStep = steps && _equation.Systems.IsRegular[i];
                progress.Length = 1;
                if (progress.IsStep)
                {
                    Status.Products[i]++;
                    Of(_residual, i).CopyTo(Of(_direction, i));
                }
            }

            progress.IsStep &= progress.Length >= ShortestStep || progress.Ends;
            if (progress.IsStep) TensorPrimitives.MultiplyAdd(Of(_direction, i), progress.Length, Of(_base, i), Of(_w, i));
            else Of(_baseImage, i).CopyTo(Of(_w, i));
        }
    }

    private static double LargestDifference(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double largest = 0;
        for (int j = 0; j < a.Length; j++) largest = Math.Max(largest, Math.Abs(a[j] - b[j]));
        return largest;
    }

    /// <summary>How far an instance has come.</summary>
    private record struct Progress()
    {
        /// <summary>
        /// ‖F(w) − w‖∞ of the first w, the last that was half of the one before, that of where the last step began, and the smallest.
        /// </summary>
        public double First = double.NaN;
        public double Best = double.PositiveInfinity;
        public double Change = double.PositiveInfinity;

        public double Smallest = double.PositiveInfinity;

        /// <summary>Passes since the best was halved, and since there was a smaller one.</summary>
        public int SinceBest;
        public int SinceSmallest;

        /// <summary>Whether w came by a step, its length, and whether it was in vain.</summary>
        public bool IsStep;
        public bool IsRefused;

        /// <summary>Whether the next pass is the last: w goes back to where a step began that gained nothing.</summary>
        public bool Ends;
        public double Length = 1;
    }
}
