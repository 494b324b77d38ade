using FastHyper.Backends.Cpu.Lanes;

namespace FastHyper.Backends.Cpu.Features;

/// <summary>Products of rows, in tiles of four rows by three registers.</summary>
internal unsafe partial struct DenseMatrixKernel<TWide>
    where TWide : unmanaged, ILane<TWide, double>
{
    /// <summary>
    /// matrix += Σ_r left_r right_rᵀ, rows of the left so far apart; ΦᵀDΦ, which is symmetric, only down to its diagonal.
    /// </summary>
    private readonly void Multiply(double* left, long step, double* right, int count, double* matrix, int width)
    {
        int j = 0, above = Part == MatrixPart.Gram ? 0 : Features.Width;
        for (; j + (3 * TWide.Width) <= width; j += 3 * TWide.Width)
            Wide(left, step, right + j, count, matrix + j, Rows(above + j + (3 * TWide.Width)));
        for (; j < width; j += TWide.Width) Narrow(left, step, right + j, count, matrix + j, Rows(above + j + TWide.Width));
    }

    /// <summary>So many rows, to the end of a tile.</summary>
    private readonly int Rows(int wanted) => Math.Min(Features.Width, (wanted + 3) / 4 * 4);

    /// <summary>Three registers of columns, by four rows.</summary>
    private readonly void Wide(double* left, long step, double* right, int count, double* matrix, int rows)
    {
        int i = 0, w = TWide.Width;
        long stride = Stride(Features.Count);
        for (; i + 4 <= rows; i += 4)
        {
            double* a = matrix + (i * stride), b = a + stride, c = b + stride, d = c + stride, x = left + i, y = right;
            TWide a0 = TWide.Load(a), a1 = TWide.Load(a + w), a2 = TWide.Load(a + (2 * w));
            TWide b0 = TWide.Load(b), b1 = TWide.Load(b + w), b2 = TWide.Load(b + (2 * w));
            TWide c0 = TWide.Load(c), c1 = TWide.Load(c + w), c2 = TWide.Load(c + (2 * w));
            TWide d0 = TWide.Load(d), d1 = TWide.Load(d + w), d2 = TWide.Load(d + (2 * w));
            for (int r = 0; r < count; r++, x += step, y += stride)
            {
                TWide y0 = TWide.Load(y), y1 = TWide.Load(y + w), y2 = TWide.Load(y + (2 * w)), f = TWide.Broadcast(x[0]);
                a0 = TWide.MultiplyAdd(f, y0, a0);
                a1 = TWide.MultiplyAdd(f, y1, a1);
                a2 = TWide.MultiplyAdd(f, y2, a2);
                f = TWide.Broadcast(x[1]);
                b0 = TWide.MultiplyAdd(f, y0, b0);
                b1 = TWide.MultiplyAdd(f, y1, b1);
                b2 = TWide.MultiplyAdd(f, y2, b2);
                f = TWide.Broadcast(x[2]);
                c0 = TWide.MultiplyAdd(f, y0, c0);
                c1 = TWide.MultiplyAdd(f, y1, c1);
                c2 = TWide.MultiplyAdd(f, y2, c2);
                f = TWide.Broadcast(x[3]);
                d0 = TWide.MultiplyAdd(f, y0, d0);
                d1 = TWide.MultiplyAdd(f, y1, d1);
                d2 = TWide.MultiplyAdd(f, y2, d2);
            }

            Store(a, a0, a1, a2);
            Store(b, b0, b1, b2);
            Store(c, c0, c1, c2);
            Store(d, d0, d1, d2);
        }

        for (; i < rows; i++)
            for (int at = 0; at < 3 * w; at += w) Single(left + i, step, right + at, count, matrix + (i * stride) + at, stride);
    }

    /// <summary>A register of columns, by four rows.</summary>
    private readonly void Narrow(double* left, long step, double* right, int count, double* matrix, int rows)
    {
        int i = 0;
        long stride = Stride(Features.Count);
        for (; i + 4 <= rows; i += 4)
        {
            double* a = matrix + (i * stride), b = a + stride, c = b + stride, d = c + stride, x = left + i, y = right;
            TWide a0 = TWide.Load(a), b0 = TWide.Load(b), c0 = TWide.Load(c), d0 = TWide.Load(d);
            for (int r = 0; r < count; r++, x += step, y += stride)
            {
                TWide y0 = TWide.Load(y);
                a0 = TWide.MultiplyAdd(TWide.Broadcast(x[0]), y0, a0);
                b0 = TWide.MultiplyAdd(TWide.Broadcast(x[1]), y0, b0);
                c0 = TWide.MultiplyAdd(TWide.Broadcast(x[2]), y0, c0);
                d0 = TWide.MultiplyAdd(TWide.Broadcast(x[3]), y0, d0);
            }

            TWide.Store(a, a0);
            TWide.Store(b, b0);
            TWide.Store(c, c0);
            TWide.Store(d, d0);
        }

        for (; i < rows; i++) Single(left + i, step, right, count, matrix + (i * stride), stride);
    }

    private static void Single(double* x, long step, double* y, int count, double* to, long stride)
    {
        TWide sum = TWide.Load(to);
        for (int r = 0; r < count; r++, x += step, y += stride) sum = TWide.MultiplyAdd(TWide.Broadcast(*x), TWide.Load(y), sum);
        TWide.Store(to, sum);
    }

    private static void Store(double* to, TWide first, TWide second, TWide third)
    {
        TWide.Store(to, first);
        TWide.Store(to + TWide.Width, second);
        TWide.Store(to + (2 * TWide.Width), third);
    }
}
